import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { ConvAttributes, GraphNode } from '../graph/types.ts';
import { noise } from '../kernels/lib/case.ts';
import { computeNode } from '../kernels/references.ts';
import { compute } from './compute.ts';

function conv(shape: number[], attributes: Partial<ConvAttributes>): [GraphNode, number] {
  const a: ConvAttributes = {
    outChannels: 6,
    kernel: [3, 3],
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
    bias: true,
    ...attributes,
  };
  const b = new GraphBuilder();
  b.add('input', 'x', [], { shape });
  const weight = { shape: [a.outChannels, (shape[1] ?? 0) / a.groups, ...a.kernel] };
  b.add('conv2d', 'conv', ['x'], a, a.bias ? { weight, bias: { shape: [a.outChannels] } } : { weight });
  const node = b.build().nodes[1];
  if (!node) throw new Error('no convolution');
  return [node, weight.shape.reduce((x, y) => x * y, 1)];
}

describe('convolutions as the reference computes them', () => {
  test.each<[string, number[], Partial<ConvAttributes>]>([
    ['3x3', [1, 4, 5, 7], {}],
    ['of several images, without bias', [3, 5, 4, 4], { bias: false }],
    ['strided, of odd size', [1, 3, 9, 6], { stride: [2, 3] }],
    ['dilated, with unlike padding', [2, 4, 9, 8], { dilation: [2, 3], padding: [0, 1, 3, 2] }],
    ['grouped', [2, 6, 5, 5], { groups: 3 }],
    ['depthwise, 1x5', [1, 6, 6, 9], { groups: 6, kernel: [1, 5], padding: [0, 2, 0, 2] }],
    ['1x1 of 7 channels', [1, 7, 3, 2], { kernel: [1, 1], padding: [0, 0, 0, 0] }],
    ['standardised', [1, 4, 5, 5], { standardize: { kind: 'ws', eps: 1e-5 } }],
  ])('%s', (_, shape, attributes) => {
    const [node, size] = conv(shape, attributes);
    const input = { data: noise(shape, 1), shape };
    const weights = { weight: noise([size], 2), bias: attributes.bias === false ? undefined : noise([6], 3) };
    const [actual, expected] = [compute(node, [input], weights), computeNode(node, [input], weights)];
    expect(actual.shape).toEqual(expected.shape);
    // Sums in another order, each rounded once.
    for (const [i, value] of expected.data.entries()) expect(actual.data[i]).toBeCloseTo(value, 6);
  });
});
