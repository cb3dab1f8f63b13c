import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { allOps } from '../kernels/families.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import { makePlan } from './plan.ts';

const amd = { name: 'amd', computeUnits: 60 } as const;
const options = { ops: await allOps(), precision: 'f32', maxBufferBytes: 2 ** 31 } as const;

/** How often each gate kernel runs. */
function kernels(name: string, { n = 1, profile = amd as DeviceProfile, also = [] as string[] } = {}): Record<string, number> {
  const graph = buildGraph(name, [n, 3, 224, 224]);
  const outputs = [...graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : [])), ...also];
  const counts: Record<string, number> = {};
  for (const { dispatch } of makePlan(graph, { ...options, profile, outputs }).steps) {
    if (/squeeze|excite|scale|radix/.test(dispatch.kernel)) counts[dispatch.kernel] = (counts[dispatch.kernel] ?? 0) + 1;
  }
  return counts;
}

describe('gates', () => {
  it.each(['seresnet50', 'resnest50', 'resnest50d_1s4x24d', 'resnest50d_4s2x40d'])('take two dispatches in every block of %s', (name) => {
    expect(kernels(name)).toEqual({ squeeze: 16, excite: 16 });
  });

  it('do so with SiLU inside', () => {
    expect(kernels('regnetz_005')).toEqual({ squeeze: 21, excite: 21 });
  });

  it.each(['gap', 'conv1.conv', 'relu', 'conv2.conv', 'sigmoid'])('come apart where their %s is asked for', (part) => {
    expect(kernels('seresnet50', { also: [`layer1.0.se_layer.${part}`] })).toEqual({ squeeze: 15, excite: 15, scale: 1 });
  });

  it('come apart where split attention is asked for', () => {
    expect(kernels('resnest50', { also: ['layer1.0.conv2.softmax'] })).toEqual({ squeeze: 15, excite: 15, 'radix-softmax': 1, scale: 1 });
  });

  it('come apart where what each workgroup repeats takes longer than dispatches', () => {
    const tgl = { name: 'intel', computeUnits: 6 } as const;
    expect(kernels('regnet_y_128gf', { profile: tgl })).toMatchObject({ scale: expect.any(Number) });
    expect(kernels('seresnet50', { profile: tgl })).toEqual({ squeeze: 16, excite: 16 });
    expect(kernels('seresnet50', { profile: tgl, n: 64 }).scale).toBeGreaterThan(0);
  });

  // A model has the packed weights of the input size that it was loaded for. Plans for other sizes share them.
  it.each([
    'seresnet50',
    'resnest50',
    'resnest50d_1s4x24d',
    'regnet_y_128gf',
    { type: 'ResNeSt', depth: 50, radix: 2, base_channels: 6, num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1] },
    { type: 'ResNeSt', depth: 50, radix: 5, base_channels: 10, num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1] },
    { type: 'ResNeSt', depth: 50, radix: 2, groups: 2, base_channels: 64, num_stages: 1, strides: [1], dilations: [1], out_indices: [0] },
    { type: 'SEResNet', depth: 50, base_channels: 10, num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1] },
  ] as const)('pack the same weights for every size and batch of %o', (arch) => {
    for (const profile of [amd, { name: 'intel', computeUnits: 6 }, { name: 'software', computeUnits: 2 }] as const) {
      const keys = ([n, size]: readonly [number, number]) => {
        const graph = buildGraph(arch, [n, 3, size, size]);
        const { weights } = makePlan(graph, { ...options, profile, outputs: graph.outputs.map(({ node }) => node) });
        return weights.map(({ key }) => key).sort();
      };
      const loaded = keys([1, 64]);
      for (const other of [
        [64, 64],
        [1, 224],
        [16, 224],
      ] as const)
        expect(keys(other)).toEqual(loaded);
    }
  });
});
