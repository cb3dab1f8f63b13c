import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Graph } from '../graph/types.ts';
import { allOps, coreOps } from '../kernels/families.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import { fuseGraph } from './fuse.ts';
import { makePlan } from './plan.ts';
import type { Plan } from './types.ts';

const options = { ops: await allOps(), precision: 'f32', profile: { name: 'amd', computeUnits: 32 }, maxBufferBytes: 2 ** 28 } as const;

function logits(graph: Graph): string[] {
  return graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : []));
}

function plan(name: string, shape = [1, 3, 224, 224], profile: Partial<DeviceProfile> = {}): Plan {
  const graph = buildGraph(name, shape);
  return makePlan(graph, { ...options, profile: { ...options.profile, ...profile }, outputs: logits(graph) });
}

describe('makePlan', () => {
  it('makes a plan that prints its dispatches, and its memory', () => {
    const made = plan('resnet18');
    const lines = String(made).split('\n');
    expect(lines[0]).toMatch(/^\s*#\s+layer\s+computes\s+kernel/);
    expect(lines.indexOf('')).toBe(2 + made.steps.length);
    expect(String(made)).toContain(`${made.steps.length} dispatches in f32, 1.814 GMACs`);
  });

  it.each([
    ['resnet18', 23],
    ['resnet34', 39],
    ['resnet50', 56],
    ['resnet101', 107],
    ['resnet152', 158],
    ['resnext50_32x4d', 56],
    ['resnet50_v1c', 58],
    // Average pools of three shortcuts. The fourth keeps its size and costs nothing.
    ['resnet50_v1d', 61],
    // One dispatch that squeezes, and one that excites, scales, adds and applies ReLU, for each of 16 blocks.
    ['seresnet50', 56 + 16 * 2],
    // The same for each of 16 blocks on v1d, and an average pool for each of 3.
    ['resnest50', 61 + 16 * 2 + 3],
    ['regnet_y_8gf', 58 + 17 * 2],
  ])('makes %s in %i dispatches', (name, dispatches) => {
    expect(plan(name).steps.filter(({ auxiliary }) => !auxiliary)).toHaveLength(dispatches);
  });

  it.each([
    // Three convolutions, their dense forms, two products, codes and energies of positions, softmax, projection; saliency.
    ['1111', 15],
    ['1100', 13],
    ['0101', 10],
    ['0010', 10],
    ['0000', 4],
  ])('attends by type %s in %i dispatches', (type, dispatches) => {
    const cfg = { type: 'GeneralizedAttention', num_heads: 4, attention_type: type };
    const plugins = [{ cfg, position: 'after_conv2', stages: [true] }];
    const config = { type: 'mmdet.ResNet', depth: 50, num_stages: 1, strides: [1], dilations: [1], out_indices: [0], plugins };
    const graph = buildGraph(config, [1, 3, 64, 64]);
    const { steps } = makePlan(graph, { ...options, outputs: graph.outputs.map(({ node }) => node) });
    expect(steps.filter(({ layer }) => layer.startsWith('layer1.0.gen_attention_block'))).toHaveLength(dispatches);
  });

  it.each([
    ['regnetz_040', { name: 'intel', computeUnits: 6 }, 149],
    ['regnetv_040', { name: 'amd', computeUnits: 64 }, 160],
  ] as const)('fuses the SiLUs of %s on %o: at most %i dispatches', (name, profile, most) => {
    expect(plan(name, undefined, profile).steps.length).toBeLessThanOrEqual(most);
  });

  it('fuses norms, ReLUs and residual adds: nothing else touches memory between two convolutions', () => {
    const kernels = new Set(plan('resnet50').steps.map(({ dispatch }) => dispatch.kernel));
    expect([...kernels].sort()).toEqual(['conv', 'conv-sum', 'global-pool', 'linear', 'pool', 'stem', 'winograd-input', 'winograd-output']);
  });

  it('compiles few pipelines', () => {
    const keys = new Set(
      plan('resnet50').steps.map(({ dispatch }) => JSON.stringify([dispatch.kernel, dispatch.constants, dispatch.bindings])),
    );
    expect(keys.size).toBeLessThanOrEqual(30);
  });

  it.each([
    ['resnet50', 'intel'],
    ['resnet50', 'software'],
    ['resnext50_32x4d', 'amd'],
  ] as const)('keeps activations of %s on %s near what is alive at once', (model, name) => {
    const { arena, tensors } = plan(model, undefined, { name });
    const inArena = tensors.filter(({ storage }) => storage.pool === 'arena');
    const last = Math.max(...inArena.map(({ live }) => live[1]));
    let peak = 0;
    for (let step = 0; step <= last; step++) {
      const alive = inArena.filter(({ live }) => live[0] <= step && step <= live[1]);
      peak = Math.max(
        peak,
        alive.reduce((sum, { storage }) => sum + storage.byteLength, 0),
      );
    }
    expect(arena.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1.25 * peak);
  });

  it('halves activations and weights in f16', () => {
    // Values between the dispatches of a split sum or a Winograd convolution stay float32. This plan has neither.
    const graph = buildGraph('resnext50_32x4d', [1, 3, 64, 64]);
    const profile = { name: 'software', computeUnits: 2 } as const;
    const bytes = (precision: 'f32' | 'f16') => {
      const { arena, weights } = makePlan(graph, { ...options, profile, precision, outputs: logits(graph) });
      return { arena: arena.reduce((a, b) => a + b, 0), weights: weights.reduce((sum, { byteLength }) => sum + byteLength, 0) };
    };
    expect(bytes('f16').arena / bytes('f32').arena).toBeLessThan(0.52);
    expect(bytes('f16').weights / bytes('f32').weights).toBeLessThan(0.51);
  });

  it('shares weights between input sizes', () => {
    const keys = (size: number) => plan('resnet50', [1, 3, size, size]).weights.map(({ key }) => key);
    expect(keys(224)).toEqual(keys(160));
  });

  it('leaves out the head where only features are wanted', () => {
    const graph = buildGraph('resnet50', [1, 3, 64, 64]);
    const outputs = graph.outputs.flatMap(({ kind, node, stage }) => (kind === 'feature' && stage === 1 ? [node] : []));
    const { steps } = makePlan(graph, { ...options, outputs });
    expect(steps.some(({ layer }) => /layer[34]|head/.test(layer))).toBe(false);
    expect(steps.at(-1)?.dispatch.kernel).toBe('to-nchw');
  });

  it('never binds a buffer for reading and writing in one dispatch, in any family', () => {
    for (const name of [
      'resnet50',
      'resnet18',
      'cifar_resnet20',
      'resnet50_v1d',
      'res2net50_26w_4s',
      'resnest50d',
      'seresnet50',
      'regnet_y_400mf',
    ]) {
      const size = name.startsWith('cifar') ? 32 : 64;
      const { steps, tensors } = plan(name, [2, 3, size, size]);
      for (const { operands, dispatch, layer } of steps) {
        const buffers = (access: 'read' | 'write') =>
          operands.flatMap((operand, i) => {
            const storage = operand.kind === 'tensor' && dispatch.bindings[i] === access ? tensors[operand.tensor]?.storage : undefined;
            return storage ? [`${storage.pool}${storage.index}`] : [];
          });
        const written = buffers('write');
        expect(
          buffers('read').filter((buffer) => written.includes(buffer)),
          `${name} ${layer}`,
        ).toEqual([]);
      }
    }
  });

  it('writes the parts of a concat in place, but for the split that passes through', () => {
    const { steps } = plan('res2net50_26w_4s');
    expect(steps.filter(({ dispatch }) => dispatch.kernel === 'copy')).toHaveLength(16 - 4);
  });
});

describe('fuseGraph', () => {
  it('stops at values that are asked for', () => {
    const graph = buildGraph('resnet18', [1, 3, 64, 64]);
    const ops = fuseGraph(graph, new Set(['layer1.0.bn1', 'layer1.0.conv2']), { takes: coreOps.takes });
    const outputs = ops.map(({ output }) => output);
    expect(outputs).toContain('layer1.0.bn1');
    expect(outputs).toContain('layer1.0.conv2');
  });

  it('lets the later of two paths do the addition', () => {
    const graph = buildGraph('resnet18', [1, 3, 64, 64]);
    const ops = fuseGraph(graph, new Set(logits(graph)), { takes: coreOps.takes });
    const withShortcut = ops.filter(({ epilogue: { residual } }) => residual !== undefined).map(({ node }) => node.name);
    expect(withShortcut).toContain('layer1.0.conv2');
    expect(withShortcut.filter((name) => name.startsWith('layer2.0'))).toHaveLength(1);
  });
});
