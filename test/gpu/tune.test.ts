/** Measuring the variants of the convolutions, and loading with the result. */
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel, ResnetError, type Tuning } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

const stage = { num_stages: 1, strides: [1], dilations: [1], out_indices: [0] } as const;
const source = { arch: 'cifar_resnet20', weights: { random: 3 } } as const;
const options = { device, inputSize: [16, 16] as [number, number] };
const input = { data: Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => Math.sin(i)), shape: [1, 3, 16, 16] };

/** For the 3x3 convolutions with stride 1. */
const SHAPES = ['3x3/1x1 16>16 16x16', '3x3/1x1 32>32 8x8', '3x3/1x1 64>64 4x4'];

describe('tune', () => {
  it('times every variant of every shape, and its table changes what a model runs but not what it computes', async () => {
    const model = await loadModel(source, options);
    const expected = (await model.run(input)).logits;
    const before = model.memory();
    const progress: number[] = [];
    const tuning = await model.tune({
      onProgress: ({ loaded, total }) => {
        expect(loaded).toBeLessThanOrEqual(total);
        progress.push(loaded / total);
      },
    });
    expect(progress.at(-1)).toBe(1);
    expect(model.memory()).toEqual(before);
    expect(tuning.precision).toBe('f32');
    expect(tuning.adapter).toMatch(/swiftshader/i);
    expect(Object.keys(tuning.variants)).toEqual(expect.arrayContaining(SHAPES));
    for (const { defaultUs, winnerUs, shape, winner } of tuning.measured ?? []) {
      expect(defaultUs).toBeGreaterThan(0);
      expect(winnerUs).toBeLessThanOrEqual(defaultUs);
      expect(tuning.variants[shape]).toBe(winner);
    }
    model.dispose();

    // A variant that did not win, so that the table has an effect. It has derived weights, which no default on a software adapter has.
    const other = (name = '') => (name === 'serial-7x16-4' ? 'serial-7x32-4' : 'winograd2 direct-8x8-4-64');
    const variants = Object.fromEntries(SHAPES.map((shape) => [shape, other(tuning.variants[shape])]));
    const opposite = JSON.parse(JSON.stringify({ ...tuning, variants: { ...variants, '7x7/2x2 1>1 1x1': 'direct-2x16-16-64' } })) as Tuning;
    for (const table of [tuning, opposite]) {
      const tuned = await loadModel(source, { ...options, tuning: table });
      const { layers } = await tuned.profile(input);
      const { kernel, variant } = layers.find(({ name, macs }) => name === 'layer3.2.conv2' && macs > 0) ?? {};
      expect(variant, kernel).toBe(table.variants['3x3/1x1 64>64 4x4']);
      const { logits } = await tuned.run(input);
      expect(logits && expected && difference(logits, expected).relative).toBeLessThan(1e-4);
      tuned.dispose();
    }
  });

  it('times networks with rare operations, too', async () => {
    const arch = { type: 'Res2Net', depth: 50, scales: 4, base_width: 26, ...stage } as const;
    const model = await loadModel({ arch, weights: { random: 1 } }, { device, inputSize: [16, 16] });
    const { measured = [] } = await model.tune();
    expect(measured.length).toBeGreaterThan(0);
    model.dispose();
  });

  it('stops when it is told to', async () => {
    const model = await loadModel(source, options);
    const before = model.memory();
    const controller = new AbortController();
    const tuning = model.tune({ signal: controller.signal, onProgress: ({ loaded }) => loaded === 1 && controller.abort() });
    await expect(tuning).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
    expect(model.memory()).toEqual(before);
    expect((await model.run(input)).logits?.shape).toEqual([1, 10]);
    model.dispose();
  });

  it('goes on without variants that the driver refuses', async () => {
    const picky = await openNodeDevice();
    const compile = picky.createComputePipelineAsync.bind(picky);
    const asked: string[] = [];
    picky.createComputePipelineAsync = async (descriptor) => {
      asked.push(descriptor.label ?? '');
      if (descriptor.label?.includes('serial-7x16')) throw new Error('refused');
      return compile(descriptor);
    };
    const arch = { type: 'ResNet', depth: 18, ...stage } as const;
    const model = await loadModel({ arch, weights: { random: 1 } }, { device: picky, inputSize: [32, 32] });
    const before = model.memory();
    const { measured = [] } = await model.tune();
    expect(model.memory()).toEqual(before);
    expect(asked.some((label) => label.includes('serial-7x16'))).toBe(true);
    expect(measured.map(({ shape, winner }) => [shape, winner])).toContainEqual(['3x3/1x1 64>64 8x8', 'serial-7x32-4']);
    expect(measured.filter(({ winner }) => winner.includes('serial-7x16'))).toEqual([]);
    model.dispose();
    picky.destroy();
  });

  it('has its table checked when a model is loaded with it', async () => {
    const load = (variant: string) => loadModel(source, { ...options, tuning: { variants: { [SHAPES[0] ?? '']: variant } } });
    await expect(load('fast')).rejects.toThrow('[tuning: 3x3/1x1 16>16 16x16] "fast" is not a variant.');
    // A variant, but not for 16 input channels. The error names the layer.
    await expect(load('tiled-8x4-16/16')).rejects.toThrow(ResnetError);
    await expect(load('tiled-8x4-16/16')).rejects.toThrow(/\[layer1.*'tiled-8x4-16\/16' cannot compute/);
  });
});
