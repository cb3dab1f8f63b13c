/**
 * Shape inference and cost of every operation: `infer` checks the inputs and returns the output shape, so the check and
 * the inference cannot disagree. Formulas: PyTorch's documentation of the functional of the same name.
 */

import { ResnetError } from '../util/errors.ts';
import { eachCurve } from './curve-ops.ts';
import { product } from './shape.ts';
import type { ConvAttributes, OpAttributes, OpName, PoolAttributes, Shape } from './types.ts';

type Infer = { [Op in OpName]: (attributes: OpAttributes[Op], inputs: Shape[], layer: string) => number[] };

function fail(layer: string, what: string, hint = 'Check the input size and the architecture settings.'): never {
  throw new ResnetError('shape', what, { layer, hint });
}

export function size4(shape: Shape, layer: string): [number, number, number, number] {
  const [n, c, h, w] = shape;
  if (shape.length !== 4 || n === undefined || c === undefined || h === undefined || w === undefined) {
    return fail(layer, `needs a [n, c, h, w] tensor, but got [${shape.join(', ')}].`);
  }
  return [n, c, h, w];
}

function convSize(inSize: number, before: number, after: number, kernel: number, dilation: number, stride: number): number {
  return Math.floor((inSize + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

function inferConv(a: ConvAttributes, x: Shape, layer: string): number[] {
  const [n, c, h, w] = size4(x, layer);
  const [top, left, bottom, right] = a.padding;
  if (c % a.groups !== 0 || a.outChannels % a.groups !== 0) {
    fail(layer, `${a.groups} groups divide neither ${c} input nor ${a.outChannels} output channels evenly.`);
  }
  const oh = convSize(h, top, bottom, a.kernel[0], a.dilation[0], a.stride[0]);
  const ow = convSize(w, left, right, a.kernel[1], a.dilation[1], a.stride[1]);
  if (oh < 1 || ow < 1) {
    fail(layer, `a ${h}x${w} map is smaller than the ${a.kernel[0]}x${a.kernel[1]} kernel needs.`, 'Use a larger input.');
  }
  return [n, a.outChannels, oh, ow];
}

/** With ceil_mode, PyTorch drops a last window that would start in the padding after the input. */
function poolSize(inSize: number, kernel: number, stride: number, padding: number, ceilMode: boolean): number {
  const span = inSize + 2 * padding - kernel;
  const size = (ceilMode ? Math.ceil(span / stride) : Math.floor(span / stride)) + 1;
  return ceilMode && (size - 1) * stride >= inSize + padding ? size - 1 : size;
}

function inferPool(a: PoolAttributes, x: Shape, layer: string): number[] {
  const [n, c, h, w] = size4(x, layer);
  if (a.padding[0] * 2 > a.kernel[0] || a.padding[1] * 2 > a.kernel[1]) {
    fail(layer, `padding ${a.padding.join('x')} is more than half of the ${a.kernel.join('x')} window.`);
  }
  const oh = poolSize(h, a.kernel[0], a.stride[0], a.padding[0], a.ceilMode);
  const ow = poolSize(w, a.kernel[1], a.stride[1], a.padding[1], a.ceilMode);
  if (oh < 1 || ow < 1) fail(layer, `a ${h}x${w} map is smaller than the ${a.kernel.join('x')} window.`, 'Use a larger input.');
  return [n, c, oh, ow];
}

function same(_: unknown, [x]: Shape[], layer: string): number[] {
  return x ? [...x] : fail(layer, 'has no input.');
}

function inferGroups(a: { groups: number }, inputs: Shape[], layer: string): number[] {
  const [, c] = size4(first(inputs, layer), layer);
  if (c % a.groups !== 0) fail(layer, `${c} channels cannot be split into ${a.groups} groups.`, 'Choose num_groups to divide every width.');
  return same(a, inputs, layer);
}

function first(inputs: Shape[], layer: string): Shape {
  return inputs[0] ?? fail(layer, 'has no input.');
}

function second(inputs: Shape[], layer: string): Shape {
  return inputs[1] ?? fail(layer, 'needs a second input.');
}

function equal(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

export const inferShape: Infer = {
  input: (a) => [...a.shape],
  conv2d: (a, inputs, layer) => inferConv(a, first(inputs, layer), layer),
  deform_conv2d: (a, inputs, layer) => {
    const out = inferConv(a, first(inputs, layer), layer);
    const offset = size4(second(inputs, layer), layer);
    const perPoint = a.mask === 'packed' ? 3 : 2;
    const channels = perPoint * a.kernel[0] * a.kernel[1] * a.deformGroups;
    if (offset[1] !== channels || offset[2] !== out[2] || offset[3] !== out[3]) {
      fail(layer, `offsets are [${offset.join(', ')}], but the convolution needs [${out[0]}, ${channels}, ${out[2]}, ${out[3]}].`);
    }
    return out;
  },
  linear: (a, inputs, layer) => {
    const x = first(inputs, layer);
    if (x.length === 4 && (x[2] !== 1 || x[3] !== 1)) {
      fail(layer, `needs pooled vectors, but got [${x.join(', ')}].`, 'Put a pooling neck before the head.');
    }
    return [x[0] ?? 1, a.outFeatures];
  },
  batch_norm: same,
  group_norm: inferGroups,
  evo_norm: inferGroups,
  filter_response_norm: same,
  instance_norm: same,
  layer_norm: same,
  relu: same,
  prelu: same,
  ...eachCurve(same),
  add: (_, inputs, layer) => {
    const [a, b] = [first(inputs, layer), second(inputs, layer)];
    if (!equal(a, b))
      fail(layer, `cannot add [${a.join(', ')}] and [${b.join(', ')}].`, 'Check strides and widths of the block and its shortcut.');
    return [...a];
  },
  mul: (_, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    if (!equal(second(inputs, layer), [n, c, 1, 1])) fail(layer, `scales must be [${n}, ${c}, 1, 1].`);
    return [n, c, h, w];
  },
  mul_broadcast: (_, inputs, layer) => {
    const x = size4(first(inputs, layer), layer);
    const s = second(inputs, layer);
    if (s.length !== 4 || s.some((size, axis) => size !== x[axis] && (axis === 0 || size !== 1))) {
      fail(layer, `cannot multiply [${x.join(', ')}] by [${s.join(', ')}].`);
    }
    return [...x];
  },
  channel_pool: ({ average }, inputs, layer) => {
    const [n, , h, w] = size4(first(inputs, layer), layer);
    return [n, average ? 1 : 2, h, w];
  },
  add_broadcast: (_, inputs, layer) => {
    const [a, b] = [first(inputs, layer), second(inputs, layer)];
    if (a.length !== b.length || a.some((size, i) => size !== b[i] && size !== 1 && b[i] !== 1)) {
      fail(layer, `cannot add [${a.join(', ')}] and [${b.join(', ')}].`);
    }
    return a.map((size, i) => Math.max(size, b[i] ?? 1));
  },
  blend: (_, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    if (!equal(second(inputs, layer), [n, c, h, w]) || !equal(inputs[2] ?? [], [n, 1, h, w]))
      fail(layer, `needs two maps and a [${n}, 1, ${h}, ${w}] switch.`);
    return [n, c, h, w];
  },
  scale: same,
  max_pool2d: (a, inputs, layer) => inferPool(a, first(inputs, layer), layer),
  avg_pool2d: (a, inputs, layer) => inferPool(a, first(inputs, layer), layer),
  global_avg_pool: (_, inputs, layer) => {
    const [n, c] = size4(first(inputs, layer), layer);
    return [n, c, 1, 1];
  },
  gem: (_, inputs, layer) => {
    const [n, c] = size4(first(inputs, layer), layer);
    return [n, c, 1, 1];
  },
  slice: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    if (a.start + a.length > c) fail(layer, `channels ${a.start}..${a.start + a.length} are beyond the ${c} there are.`);
    return [n, a.length, h, w];
  },
  concat: (_, inputs, layer) => {
    const [n, , h, w] = size4(first(inputs, layer), layer);
    let channels = 0;
    for (const input of inputs) {
      const [ni, ci, hi, wi] = size4(input, layer);
      if (ni !== n || hi !== h || wi !== w) fail(layer, `cannot concatenate maps of ${h}x${w} and ${hi}x${wi}.`);
      channels += ci;
    }
    return [n, channels, h, w];
  },
  concat_batch: (_, inputs, layer) => {
    const [, ...rest] = first(inputs, layer);
    if (!inputs.every((input) => equal(input.slice(1), rest))) fail(layer, 'cannot stack maps of different shapes.');
    return [inputs.reduce((sum, input) => sum + (input[0] ?? 0), 0), ...rest];
  },
  shortcut_a: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    if (a.outChannels < c) fail(layer, `shortcut A cannot narrow ${c} channels to ${a.outChannels}.`, 'Use shortcut B.');
    return [n, a.outChannels, Math.ceil(h / a.stride[0]), Math.ceil(w / a.stride[1])];
  },
  radix_sum: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    return [n, c / a.radix, h, w];
  },
  radix_softmax: same,
  radix_apply: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    return [n, c / a.radix, h, w];
  },
  channel_conv1d: same,
  blur_pool: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    const pad = Math.floor((a.size - 1) / 2) + (a.size % 2 === 0 ? 1 : 0);
    const out = (s: number) => Math.floor((s + pad + Math.floor((a.size - 1) / 2) - a.size) / a.stride) + 1;
    if (h <= pad || w <= pad) fail(layer, `reflect padding of ${pad} needs more than a ${h}x${w} map.`, 'Use a larger input.');
    return [n, c, out(h), out(w)];
  },
  reflect_pad: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    const [top, left, bottom, right] = a.padding;
    if (Math.max(top, bottom) >= h || Math.max(left, right) >= w)
      fail(layer, `reflect padding ${a.padding.join(',')} needs more than a ${h}x${w} map.`);
    return [n, c, h + top + bottom, w + left + right];
  },
  zero_pad: (a, inputs, layer) => {
    const [n, c, h, w] = size4(first(inputs, layer), layer);
    const [top, left, bottom, right] = a.padding;
    return [n, c, h + top + bottom, w + left + right];
  },
  bilinear: (a, inputs, layer) => {
    const [n, c] = size4(first(inputs, layer), layer);
    return [n, c, ...a.size];
  },
  softmax: (a, inputs, layer) => {
    const x = first(inputs, layer);
    if (a.dim < 0 || a.dim >= x.length) fail(layer, `has no axis ${a.dim} in [${x.join(', ')}].`);
    return [...x];
  },
  matmul: (a, inputs, layer) => {
    const x = first(inputs, layer);
    const y = second(inputs, layer);
    const [m, k] = a.transposeA ? [x.at(-1), x.at(-2)] : [x.at(-2), x.at(-1)];
    const [k2, n] = a.transposeB ? [y.at(-1), y.at(-2)] : [y.at(-2), y.at(-1)];
    if (m === undefined || n === undefined || k !== k2 || !equal(x.slice(0, -2), y.slice(0, -2))) {
      fail(layer, `cannot multiply [${x.join(', ')}] by [${y.join(', ')}].`);
    }
    return [...x.slice(0, -2), m, n];
  },
  reshape: (a, inputs, layer) => {
    if (product(a.shape) !== product(first(inputs, layer))) fail(layer, `cannot reshape to [${a.shape.join(', ')}].`);
    return [...a.shape];
  },
  position_energy: (a, inputs, layer) => {
    const x = first(inputs, layer);
    if (a.useQuery && !equal(x.slice(1), [a.channels, ...a.query]))
      fail(layer, `queries are [${x.join(', ')}], not [n, ${a.channels}, ${a.query.join(', ')}].`);
    return [x[0] ?? 1, a.heads, product(a.query), product(a.key)];
  },
  attention_mask: same,
};

/** Multiply-adds, counted as in the papers: convolutions and linear layers, without bias. */
export function countMacs(op: OpName, attributes: OpAttributes[OpName], inputs: Shape[], output: Shape): number {
  if (op === 'conv2d' || op === 'deform_conv2d') {
    const a = attributes as ConvAttributes;
    return (product(output) * a.kernel[0] * a.kernel[1] * (inputs[0]?.[1] ?? 0)) / a.groups;
  }
  if (op === 'linear') return product(output) * (inputs[0]?.[1] ?? 0);
  return 0;
}
