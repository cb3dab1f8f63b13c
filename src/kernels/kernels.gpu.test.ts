/** Every kernel on a device, compared with its reference. Here in Node with a software driver; browsers run the same list. */

import { afterAll, describe, expect, test } from 'vitest';
import { DispatchRunner } from '../../test/support/dispatch.ts';
import { kernelCases, runKernelCase } from '../../test/support/kernel-cases.ts';
import { decodeView, encodeView } from '../../test/support/layout.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';
import { addDispatch } from './elementwise/dispatch.ts';
import { NO_EPILOGUE } from './lib/epilogue.ts';
import { denseView } from './lib/kernel.ts';

const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });
const runner = new DispatchRunner(device);
afterAll(() => device.destroy());

describe('kernels', () => {
  for (const item of kernelCases(device)) {
    test(item.name, async () => {
      const { ok, rel, detail } = await runKernelCase(runner, item);
      expect(detail, `relative error ${rel.toExponential(2)}`).toBe('');
      expect(ok).toBe(true);
    });
  }

  test('report the first step that exceeds f16', async () => {
    const view = denseView(1, 5, 1, 1);
    const add = (layer: string) => addDispatch({ layer, input: view, other: view, output: view, epilogue: NO_EPILOGUE }, 'f16');
    const steps = [
      { dispatch: add('fits'), operands: ['small', 'small', 'a'] },
      { dispatch: add('exceeds'), operands: ['large', 'large', 'b'] },
      { dispatch: add('exceeds again'), operands: ['large', 'large', 'c'] },
    ];
    const values = (value: number) => encodeView(view, 'f16', new Float32Array(5).fill(value));
    const contents = new Map([
      ['small', values(100)],
      ['large', values(40000)],
      ...['a', 'b', 'c'].map((name) => [name, values(0)] as const),
    ]);
    const { overflow, buffers } = await runner.run(steps, contents, ['b']);
    expect(overflow).toBe(0xffffffff - 1);
    // Clamped, not infinite, so that later values stay finite.
    expect(decodeView(view, 'f16', buffers.get('b') ?? new ArrayBuffer(0))[0]).toBe(65504);
  });

  test('destroy every buffer that they made', () => {
    expect(runner.live).toBe(0);
  });
});
