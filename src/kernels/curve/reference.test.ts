import { describe, expect, test } from 'vitest';
import type { CurveOp } from '../../graph/curve-ops.ts';
import type { GraphNode } from '../../graph/types.ts';
import { ATTRIBUTES } from '../epilogue.reference.ts';
import { computeNode } from '../references.ts';

/** At -4, -2.5, -0.5, 0, 0.5, 2.5 and 7, from torch.nn.functional in float64, with the attributes of epilogue.reference.ts. */
const VALUES: Record<CurveOp, number[]> = {
  leaky_relu: [-0.4, -0.25, -0.05, 0, 0.5, 2.5, 7],
  elu: [-0.687179053, -0.642540501, -0.275428538, 0, 0.5, 2.5, 7],
  relu6: [0, 0, 0, 0, 0.5, 2.5, 6],
  hard_swish: [-0, -0.208333333, -0.208333333, 0, 0.291666667, 2.29166667, 7],
  mish: [-0.0725917408, -0.196816204, -0.220743775, 0, 0.375245211, 2.4713923, 6.99998838],
  gelu: [-0.000126684967, -0.0155241633, -0.154268769, 0, 0.345731231, 2.48447584, 7],
  gelu_tanh: [-7.02459482e-5, -0.0150842661, -0.15428599, 0, 0.34571401, 2.48491573, 7],
  quick_gelu: [-0.00441472414, -0.034986165, -0.149611563, 0, 0.350388437, 2.46501383, 6.99995313],
  silu: [-0.0719448398, -0.18964545, -0.188770334, 0, 0.311229666, 2.31035455, 6.99362264],
  sigmoid: [0.01798621, 0.07585818, 0.377540669, 0.5, 0.622459331, 0.92414182, 0.999088949],
  hard_sigmoid: [0, 0.0833333333, 0.416666667, 0.5, 0.583333333, 0.916666667, 1],
  tanh: [-0.9993293, -0.986614298, -0.462117157, 0, 0.462117157, 0.986614298, 0.999998337],
};

describe('the reference', () => {
  test.each(Object.entries(VALUES))("%s is PyTorch's", (kind, expected) => {
    const x = { data: Float32Array.of(-4, -2.5, -0.5, 0, 0.5, 2.5, 7), shape: [7] };
    const { data } = computeNode({ op: kind, attributes: ATTRIBUTES[kind as CurveOp] } as GraphNode, [x], {});
    for (const [i, value] of data.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
  });
});
