/** What a model leaves out if its weights and activations would exceed the budget. */
import { afterAll, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

it('drops derived weights, and computes the same', async () => {
  const source = { arch: 'cifar_resnet20', weights: { random: 3 } } as const;
  const tuning = { variants: { '3x3/1x1 64>64 8x8': 'winograd2 direct-8x8-4-64' } };
  const options = { device, tuning, inputSize: [32, 32] as [number, number] };
  const input = { data: Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i)), shape: [1, 3, 32, 32] };
  const plenty = await loadModel(source, options);
  const short = await loadModel(source, { ...options, memoryBudget: 2 ** 20 });
  expect(short.info.auxiliaryDispatches).toBe(0);
  expect(plenty.info.auxiliaryDispatches).toBeGreaterThan(0);
  expect(short.memory().weights).toBeLessThan(plenty.memory().weights);
  const [a, b] = [(await plenty.run(input)).logits, (await short.run(input)).logits];
  if (!a || !b) throw new Error('no logits');
  expect(difference(a, b).relative).toBeLessThan(1e-5);
  plenty.dispose();
  short.dispose();
});
