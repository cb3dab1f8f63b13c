/**
 * Operations behind a concat of odd widths, where each slice of the channels begins on a group of its own (lib/kernel.ts, View), and before
 * layers that want such slices. A lowering asks for one slice with `unsliced` if its kernel mixes channels.
 */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import type { ConvAttributes, OpAttributes, OpInputs, OpName, Shape } from '../graph/types.ts';
import { makePlan } from '../plan/plan.ts';
import { allOps } from './families.ts';

const ops = await allOps();

const conv: ConvAttributes = {
  outChannels: 6,
  kernel: [1, 1],
  stride: [1, 1],
  padding: [0, 0, 0, 0],
  dilation: [1, 1],
  groups: 1,
  bias: false,
};
const window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0], ceilMode: false, countIncludePad: true } as const;
const eps = 1e-5;

type OneInput = { [Op in OpName]: OpInputs[Op] extends [input: string] ? Op : never }[OpName];

/** Of a map with 12 channels. Operations that only follow certain others are left out. */
const ATTRIBUTES: { [Op in OneInput]?: OpAttributes[Op] } = {
  conv2d: conv,
  linear: { outFeatures: 6, bias: false },
  instance_norm: { eps, affine: false },
  group_norm: { groups: 2, eps, affine: false },
  layer_norm: { over: 'channels', eps, affine: false },
  relu: {},
  elu: { alpha: 1 },
  sigmoid: {},
  softmax: { dim: 1 },
  max_pool2d: window,
  avg_pool2d: window,
  global_avg_pool: {},
  gem: { p: 3, eps, clamp: true, learned: false },
  channel_pool: { average: false },
  channel_conv1d: { kernel: 3 },
  radix_sum: { radix: 2 },
  blur_pool: { size: 3, stride: 2 },
  bilinear: { size: [7, 7] },
  reflect_pad: { padding: [1, 1, 1, 1] },
  zero_pad: { padding: [1, 1, 1, 1] },
  shortcut_a: { stride: [2, 2], outChannels: 14 },
  reshape: { shape: [1, 12, 25, 1] },
};

const WEIGHTS: { [Op in OneInput]?: Shape } = { conv2d: [6, 12, 1, 1], linear: [6, 12], channel_conv1d: [1, 1, 3] };

/** Two convolutions, a concat, the operation, and layers that read halves of it. */
function plan(op: OneInput, readHalves: boolean) {
  const b = new GraphBuilder();
  const size = op === 'linear' ? 1 : 5;
  const x = b.add('input', 'x', [], { shape: [1, 6, size, size] });
  const parts = ['a', 'b'].map((name) => b.add('conv2d', name, [x], conv, { weight: { shape: [6, 6, 1, 1] } }));
  const both = b.add('concat', 'both', parts, {});
  const weight = WEIGHTS[op];
  const y = b.add(op, 'y', [both], ATTRIBUTES[op] as OpAttributes[OneInput], weight && { weight: { shape: weight } });
  const half = (start: number, length: number) =>
    b.add('relu', `half from ${start}`, [b.add('slice', `from ${start}`, [y], { start, length })], {});
  const length = b.channels(y) / 2;
  const outputs = readHalves ? [half(0, length), half(length, length)] : [y];
  return makePlan(b.build(), { ops, profile: { name: 'unknown', computeUnits: 16 }, precision: 'f32', outputs, maxBufferBytes: 2 ** 28 });
}

const OPS = Object.keys(ATTRIBUTES) as OneInput[];

describe('slices of odd widths', () => {
  it.each(OPS)('are read by %s', (op) => {
    expect(plan(op, false).steps.length).toBeGreaterThan(2);
  });

  // A vector has none.
  it.each(OPS.filter((op) => op !== 'linear'))('are read of the result of %s', (op) => {
    expect(plan(op, true).steps.length).toBeGreaterThan(3);
  });
});
