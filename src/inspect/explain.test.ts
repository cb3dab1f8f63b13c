/** Which heads have class activation maps, and how channels are weighted in them. */
import { expect, test } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import type { Graph } from '../graph/types.ts';
import { noise } from '../kernels/lib/case.ts';
import { computeNode } from '../kernels/references.ts';
import { findHead, linearWeights } from './explain.ts';

const classifier = (layers: object[], neck = 'GlobalAveragePooling'): Graph => {
  const backbone = { type: 'ResNet', depth: 18, base_channels: 1, stem_channels: 1 };
  return buildGraph({ type: 'ImageClassifier', backbone, neck: { type: neck }, head: { type: 'SequentialHead', layers } }, [1, 3, 64, 64]);
};
const linear = (out_features: number) => ({ type: 'Linear', out_features });

test.each([
  ['one layer', [linear(3)]],
  ['two', [linear(5), { type: 'Dropout' }, linear(3)]],
  ['norms', [{ type: 'BatchNorm1d' }, linear(5), { type: 'BatchNorm1d', affine: false }, linear(3), { type: 'LogSoftmax' }]],
])('the weights of %s are what a channel adds to the logit', async (_, layers) => {
  const graph = classifier(layers);
  const { chain, classes, map } = findHead(graph);
  expect([map.name, classes]).toEqual(['layer4.1.relu', 3]);
  const read = async (key: string) => {
    const spec = chain.flatMap(({ weights }) => Object.values(weights)).find((one) => one.key === key);
    return noise(spec?.shape ?? [], key.length, 0.5, key.endsWith('running_var') ? 1 : 0);
  };
  /** The logits without softmax. */
  const logits = async (x: Float32Array) => {
    let tensor = { data: x, shape: [1, x.length, 1, 1] };
    for (const node of [...chain].reverse()) {
      const weights: Record<string, Float32Array> = {};
      for (const [role, spec] of Object.entries(node.weights)) weights[role] = await read(spec.key);
      tensor = computeNode(node, [tensor], weights);
    }
    return tensor.data;
  };
  const zero = await logits(new Float32Array(8));
  const weights = await linearWeights(chain, 1, read);
  for (let c = 0; c < 8; c++) {
    const one = await logits(new Float32Array(8).map((_, i) => (i === c ? 1 : 0)));
    expect(weights[c]).toBeCloseTo((one[1] ?? 0) - (zero[1] ?? 0), 5);
  }
});

test.each<[string, Graph, string]>([
  ['an activation', classifier([linear(5), { type: 'ReLU' }, linear(3)]), 'head.layers.1 (relu) is neither'],
  ['a layer norm', classifier([{ type: 'LayerNorm' }, linear(3)]), 'head.layers.0 (layer_norm) is neither'],
  ['the largest values', classifier([linear(3)], 'GlobalMaxPooling'), 'neck.max (max_pool2d) is neither'],
  ['no head', buildGraph({ type: 'ResNet', depth: 18 }, [1, 3, 64, 64]), 'there is no head'],
])('%s are named as the reason why there is none', (_, graph, why) => {
  expect(() => findHead(graph)).toThrow(why);
});
