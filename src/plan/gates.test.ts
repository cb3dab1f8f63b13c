import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/index.ts';
import type { DeviceProfile } from '../kernels/kernel.ts';
import { allOps } from './lower/rare.ts';
import { makePlan } from './plan.ts';

const amd = { name: 'amd', computeUnits: 60 } as const;
const options = { ops: allOps, precision: 'f32', maxBufferBytes: 2 ** 31 } as const;

/** How often each kernel of gates runs. */
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
});
