import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import { PipelineCache } from './pipelines.ts';

const shader = 'struct Params { step: u32 } @compute @workgroup_size(1) fn main() {}';
const dispatch = (more: Partial<Dispatch> = {}): Dispatch => ({
  kernel: 'gem',
  shader,
  variant: '',
  precision: 'f32',
  constants: {},
  bindings: ['read', 'write'],
  uniforms: {},
  workgroups: [1, 1, 1],
  ...more,
});

/** A device that counts what it makes. It compiles unless told to refuse. */
function device() {
  const made = { pipelines: 0, layouts: [] as string[], groups: 0, refuses: false };
  const gpu = {
    limits: {},
    features: new Set(),
    createBindGroupLayout: ({ label }: { label: string }) => {
      made.layouts.push(label);
      return { label };
    },
    createPipelineLayout: ({ bindGroupLayouts }: { bindGroupLayouts: unknown[] }) => {
      made.groups = bindGroupLayouts.length;
      return {};
    },
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: async () => {
      made.pipelines++;
      if (made.refuses) throw new Error('the driver says no');
      return {};
    },
    lost: new Promise(() => undefined),
  } as unknown as GPUDevice;
  return { made, cache: new PipelineCache(gpu) };
}

describe('pipelines', () => {
  it('are compiled once for each text and each kind of bindings', async () => {
    const { made, cache } = device();
    const [a, b] = await Promise.all([cache.get(dispatch()), cache.get(dispatch({ workgroups: [9, 1, 1], uniforms: { width: 3 } }))]);
    expect(a).toBe(b);
    await cache.get(dispatch({ constants: { TILE: 4 } }));
    await cache.get(dispatch({ bindings: ['read', 'read', 'write'] }));
    expect(made.pipelines).toBe(3);
    expect(cache.size).toBe(3);
    expect(made.layouts).toEqual(['read,write', 'read,read,write']);
  });

  it('of f16 have a second group, for the word of what was out of range', async () => {
    const { made, cache } = device();
    await cache.get(dispatch());
    expect(made.groups).toBe(1);
    await cache.get(dispatch({ precision: 'f16', constants: { TILE: 4 } }));
    expect(made.groups).toBe(2);
  });

  it('that failed are compiled again for whoever asks next', async () => {
    const { made, cache } = device();
    made.refuses = true;
    await expect(cache.get(dispatch())).rejects.toThrow();
    expect(cache.size).toBe(0);
    made.refuses = false;
    await cache.get(dispatch());
    expect(made.pipelines).toBe(2);
    // The layout may be what failed.
    expect(made.layouts).toEqual(['read,write', 'read,write']);
  });
});
