import { describe, expect, it } from 'vitest';
import type { Graph } from '../graph/types.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import { ResnetError } from '../util/errors.ts';
import { type BatchLimits, batchLimit } from './batch.ts';
import type { Plan } from './types.ts';

const LIMITS: BatchLimits = { maxStorageBufferBindingSize: 1000, maxBufferSize: 2000, maxComputeWorkgroupsPerDimension: 100 };
const desktop = { name: 'amd' } as unknown as DeviceProfile;

/** A plan of one tensor and one dispatch. All sizes are proportional to the batch. */
function planned({ bytes = 1, before = 0, pool = 'arena', workgroups = 1, macs = 1 }) {
  return (n: number) => ({
    graph: { macs: macs * n } as Graph,
    plan: {
      tensors: [{ name: 'layer1', storage: { pool, index: 0, byteOffset: before * n, byteLength: bytes * n } }],
      steps: [{ layer: 'layer2', dispatch: { workgroups: [1, workgroups * n, 1] } }],
    } as unknown as Plan,
  });
}

describe('the largest batch', () => {
  it.each([
    ['all where everything fits', {}, 16],
    ['bytes of a binding', { bytes: 300 }, 2],
    ['bytes of an output buffer, with what lies before', { bytes: 100, before: 300, pool: 'output' }, 4],
    ['not those of the arena, which opens another', { bytes: 100, before: 300 }, 8],
    ['workgroups along an axis', { workgroups: 30 }, 2],
    ['time of a submit', { macs: 30e9 }, 4],
  ])('is limited by %s', (_, needs, expected) => {
    expect(batchLimit(16, desktop, LIMITS, planned(needs))).toBe(expected);
  });

  it('is smaller on processors and phones, which take longer', () => {
    const most = (name: string) => batchLimit(16, { name } as unknown as DeviceProfile, LIMITS, planned({ macs: 4e9 }));
    expect([most('software'), most('mobile'), most('amd')]).toEqual([4, 8, 16]);
  });

  it('is 1 for an image that takes long, since nothing smaller can be had', () => {
    expect(batchLimit(3, desktop, LIMITS, planned({ macs: 1e15 }))).toBe(1);
  });

  it('names the layer where not even one image fits', () => {
    expect(() => batchLimit(4, desktop, LIMITS, planned({ bytes: 1001 }))).toThrow(
      expect.objectContaining({ code: 'device-limits', layer: 'layer1', message: expect.stringContaining('1001 bytes') }),
    );
    expect(() => batchLimit(4, desktop, LIMITS, planned({ workgroups: 101 }))).toThrow(expect.objectContaining({ layer: 'layer2' }));
  });

  it('is also what the planner can place, and other errors are not obstacles', () => {
    const refusing = (error: Error) => (n: number) => {
      if (n > 3) throw error;
      return planned({})(n);
    };
    expect(batchLimit(16, desktop, LIMITS, refusing(new ResnetError('device-limits', 'no', { hint: '' })))).toBe(2);
    expect(() => batchLimit(16, desktop, LIMITS, refusing(new TypeError('bug')))).toThrow('bug');
  });
});
