/** Every kernel on a device against its reference, in Node over a software driver; browsers run the same list. */
import { afterAll, describe, expect, test } from 'vitest';
import { DispatchRunner } from '../../test/support/dispatch.ts';
import { kernelCases, runKernelCase } from '../../test/support/kernel-cases.ts';
import { openNodeDevice } from '../../test/support/node-gpu.ts';

const device = await openNodeDevice();
const runner = new DispatchRunner(device);
afterAll(() => device.destroy());

describe('kernels', () => {
  for (const item of kernelCases()) {
    test(item.name, async () => {
      const { ok, rel, detail } = await runKernelCase(runner, item);
      expect(detail, `relative error ${rel.toExponential(2)}`).toBe('');
      expect(ok).toBe(true);
    });
  }

  test('destroy every buffer that they made', () => {
    expect(runner.live).toBe(0);
  });
});
