/**
 * The network as a TensorFlow Lite model. Maps are NHWC. Padding that SAME cannot express is a separate operation, which runtimes fuse with
 * the next one. Some operations are written differently so that LiteRT.js computes them correctly on WebGPU: see `averagePool` and `conv`.
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';
import { isEitherLayout, NhwcValues, nhwc, paddedShape, TO_NHWC } from './nhwc.ts';
import {
  type Binary,
  broadcast,
  type Convolution,
  matmulShape,
  Names,
  permute,
  replaced,
  type Target,
  type Unary,
  type Value,
  type Window,
  windowed,
} from './target.ts';
import { type Operator, type Options, type TfliteOperation, type TfliteTensor, writeTflite } from './tflite-model.ts';

const UNARY: Record<Unary, Operator> = { relu: 'RELU', sigmoid: 'LOGISTIC', sqrt: 'SQRT', tanh: 'TANH', exp: 'EXP', log: 'LOG' };
const BINARY: Record<Binary, [Operator, Options]> = {
  add: ['ADD', { table: 'Add', fields: [] }],
  sub: ['SUB', { table: 'Sub', fields: [] }],
  mul: ['MUL', { table: 'Mul', fields: [] }],
  div: ['DIV', { table: 'Div', fields: [] }],
  max: ['MAXIMUM', { table: 'MaximumMinimum', fields: [] }],
  pow: ['POW', { table: 'Pow', fields: [] }],
};

/** Less than every activation: the neutral element of max pooling. */
const LOWEST = -3.4028234663852886e38;
const SAME = 0;
const VALID = 1;

export class TfliteTarget extends NhwcValues implements Target {
  layer = '';
  readonly #names = new Names();
  readonly #tensors: TfliteTensor[] = [];
  readonly #operations: TfliteOperation[] = [];
  readonly #integers = new Map<string, number>();
  readonly #inputs: { name: string; tensor: number }[] = [];
  readonly #outputs: { name: string; tensor: number }[] = [];
  /** Tensors by the name of their value. */
  readonly #indices = new Map<string, number>();
  /** Results of ReLU and similar. Zero padding does not change their maximum. */
  readonly #nonNegative = new WeakSet<Value>();

  input(name: string, shape: Shape): Value {
    const isMap = shape.length === 4;
    const value = this.#made(this.#tensor(name, isMap ? nhwc(shape) : shape), shape, isMap);
    this.#inputs.push({ name, tensor: this.#index(value) });
    return value;
  }

  constant(data: Float32Array, shape: Shape): Value {
    const isMap = shape.length === 4;
    const tensor = isMap ? this.#constant('constant', nhwc(shape), permute(data, shape, TO_NHWC)) : this.#constant('constant', shape, data);
    return this.#made(tensor, shape, isMap);
  }

  conv(x: Value, c: Convolution, relu: boolean): Value {
    const [kh, kw] = c.kernel;
    const outputs = c.bias.length;
    const inputs = x.shape[1] ?? 0;
    const rows = inputs / c.groups;
    const shape = windowed(x, c, outputs, c.dilation);
    const [from, padding] = this.#window(this.map(x), c, c.dilation);
    const [sy, sx] = c.stride;
    const [dy, dx] = c.dilation;
    const dilation = [
      { int32: dx, default: 1 },
      { int32: dy, default: 1 },
    ];
    const strides = [{ int8: padding }, { int32: sx }, { int32: sy }];
    const activation = { int8: relu ? 1 : 0 };
    const bias = this.#constant('bias', [outputs], c.bias);
    const done = (operator: Operator, weight: number, options: Options, version: number) =>
      this.#marked(this.#add(operator, [this.#index(from), weight, bias], shape, { options, isMap: true, version }), relu);
    if (rows === 1 && c.groups > 1) {
      const weight = this.#constant('weight', [1, kh, kw, outputs], permute(c.weight, [outputs, 1, kh, kw], [1, 2, 3, 0]));
      const fields = [...strides, { int32: outputs / c.groups }, activation, ...dilation];
      return done('DEPTHWISE_CONV_2D', weight, { table: 'DepthwiseConv2D', fields }, 2);
    }
    // LiteRT.js 2.5 makes invalid bind groups if a group's channels are not a multiple of 4 (errors of 1.0). So such groups become dense.
    const dense = c.groups > 1 && (rows % 4 !== 0 || (outputs / c.groups) % 4 !== 0);
    const [weights, depth] = dense ? [denseWeights(c, inputs), inputs] : [c.weight, rows];
    const weight = this.#constant('weight', [outputs, kh, kw, depth], permute(weights, [outputs, depth, kh, kw], TO_NHWC));
    const fields = [...strides, activation, ...dilation];
    return done('CONV_2D', weight, { table: 'Conv2D', fields }, c.groups > 1 && !dense ? 6 : 1);
  }

  linear(x: Value, weight: Float32Array, bias: Float32Array, relu: boolean): Value {
    const [n = 1, c = 1] = x.shape;
    const rows = this.reshape(x, [n, c]);
    const names = [this.#index(rows), this.#constant('weight', [bias.length, c], weight), this.#constant('bias', [bias.length], bias)];
    const options: Options = { table: 'FullyConnected', fields: [{ int8: relu ? 1 : 0 }] };
    return this.#marked(this.#add('FULLY_CONNECTED', names, [n, bias.length], { options }), relu);
  }

  unary(kind: Unary, x: Value): Value {
    const result = this.#add(UNARY[kind], [this.#index(x)], x.shape, { isMap: this.isMap(x) });
    return this.#marked(result, kind !== 'sqrt');
  }

  binary(kind: Binary, a: Value, b: Value): Value {
    const [x = a, y = b] = this.alike([a, b]);
    const [operator, options] = BINARY[kind];
    const isMap = this.isMap(x) || this.isMap(y);
    return this.#add(operator, [this.#index(x), this.#index(y)], broadcast(a.shape, b.shape), { options, isMap });
  }

  maxPool(x: Value, w: Window): Value {
    const isSame = this.#isSame(x, w, [1, 1]);
    const from = isSame ? this.map(x) : this.#padded(x, w.padding, this.#nonNegative.has(x) ? 0 : LOWEST);
    const result = this.#pool('MAX_POOL_2D', from, w, isSame ? SAME : VALID, windowed(x, w, x.shape[1] ?? 0));
    return this.#marked(result, this.#nonNegative.has(x));
  }

  /** LiteRT.js 2.5 divides by the wrong count at padded borders (errors of 0.14 to 0.33). As a depthwise convolution the result is right. */
  averagePool(x: Value, w: Window): Value {
    const channels = x.shape[1] ?? 1;
    if (w.padding.every((size) => size === 0)) return this.#pool('AVERAGE_POOL_2D', this.map(x), w, VALID, windowed(x, w, channels));
    const area = w.kernel[0] * w.kernel[1];
    const weight = new Float32Array(channels * area).fill(1 / area);
    return this.conv(x, { ...w, dilation: [1, 1], groups: channels, weight, bias: new Float32Array(channels) }, false);
  }

  mean(x: Value, axes: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const places = axes.map((axis) => this.axis(x, axis));
    const options: Options = { table: 'Reducer', fields: [{ int8: 1 }] };
    return this.#add('MEAN', [this.#index(x), this.#ints(places)], shape, { options, isMap: this.isMap(x) });
  }

  pad(x: Value, padding: Padding, mode: 'zero' | 'reflect', channels: Pair = [0, 0]): Value {
    if (mode === 'zero') return this.#padded(x, padding, 0, channels);
    const names = [this.#index(this.map(x)), this.#paddings(padding, channels)];
    const options: Options = { table: 'MirrorPad', fields: [{ int8: 0 }] };
    return this.#add('MIRROR_PAD', names, paddedShape(x, padding, channels), { options, isMap: true });
  }

  slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
    const place = this.axis(x, axis);
    const sizes = this.sizes(x);
    const at = (value: number, others: (size: number) => number) =>
      this.#ints(sizes.map((size, i) => (i === place ? value : others(size))));
    const shape = replaced(x.shape, axis, Math.ceil((end - start) / step));
    const isMap = this.isMap(x);
    const begin = at(start, () => 0);
    if (step === 1) {
      const size = at(end - start, (whole) => whole);
      return this.#add('SLICE', [this.#index(x), begin, size], shape, { options: { table: 'Slice', fields: [] }, isMap });
    }
    const names = [this.#index(x), begin, at(end, (whole) => whole), at(step, () => 1)];
    const options: Options = { table: 'StridedSlice', fields: [] };
    return this.#add('STRIDED_SLICE', names, shape, { options, isMap });
  }

  concat(parts: Value[], axis: number): Value {
    const alike = this.alike(parts);
    const isMap = alike.some((part) => this.isMap(part));
    const size = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
    const fields = [{ int32: isMap ? TO_NHWC.indexOf(axis) : axis }, { int8: 0 }];
    const shape = replaced(parts[0]?.shape ?? [], axis, size);
    return this.#add(
      'CONCATENATION',
      alike.map((part) => this.#index(part)),
      shape,
      { options: { table: 'Concatenation', fields }, isMap },
    );
  }

  reshape(x: Value, shape: Shape): Value {
    return this.reshaped(isEitherLayout(x) ? x : this.plain(x), shape, shape, false);
  }

  transpose(x: Value, order: readonly number[]): Value {
    return this.transposed(this.plain(x), order, false);
  }

  /** TFLite only supports the last axis. */
  softmax(x: Value, axis: number): Value {
    const last = x.shape.length - 1;
    const options: Options = { table: 'Softmax', fields: [{ float: 1 }] };
    if (this.axis(x, axis) === last) return this.#add('SOFTMAX', [this.#index(x)], x.shape, { options, isMap: this.isMap(x) });
    const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const swapped = this.transpose(x, order);
    return this.transpose(this.#add('SOFTMAX', [this.#index(swapped)], swapped.shape, { options }), order);
  }

  matmul(a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
    const names = [this.#index(this.plain(a)), this.#index(this.plain(b))];
    const fields = [{ int8: transposeA ? 1 : 0 }, { int8: transposeB ? 1 : 0 }];
    const shape = matmulShape(a.shape, b.shape, transposeA, transposeB);
    return this.#add('BATCH_MATMUL', names, shape, { options: { table: 'BatchMatMul', fields } });
  }

  resize(x: Value, size: Pair): Value {
    // Two fields that the schema no longer uses, align_corners, half_pixel_centers.
    const fields = [{ int32: 0 }, { int32: 0 }, { int8: 0 }, { int8: 1 }];
    const names = [this.#index(this.map(x)), this.#ints(size)];
    const shape = [...x.shape.slice(0, 2), ...size];
    return this.#add('RESIZE_BILINEAR', names, shape, { options: { table: 'ResizeBilinear', fields }, isMap: true, version: 3 });
  }

  output(name: string, value: Value): void {
    let result = value.shape.length === 4 ? this.map(value) : value;
    // LiteRT.js does not write an output that no operation produces, and a tensor can have only one name.
    const isMade = this.#operations.some(({ output }) => output === this.#index(result));
    const isTaken = this.#outputs.some(({ tensor }) => tensor === this.#index(result));
    if (!isMade || isTaken) result = this.reshaped(result, this.sizes(result), result.shape, this.isMap(result));
    this.#outputs.push({ name, tensor: this.#index(result) });
  }

  finish(): Uint8Array {
    return writeTflite({
      tensors: this.#tensors,
      operations: withFusedRelu(this.#operations, this.#outputs),
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }

  protected override reshaped(x: Value, sizes: Shape, shape: Shape, isMap: boolean): Value {
    const options: Options = { table: 'Reshape', fields: [{ ints: sizes }] };
    return this.#add('RESHAPE', [this.#index(x), this.#ints(sizes)], shape, { options, isMap, sizes });
  }

  protected override transposed(x: Value, order: readonly number[], isMap: boolean): Value {
    const shape = order.map((axis) => x.shape[axis] ?? 1);
    const lies = this.sizes(x);
    const sizes = order.map((axis) => lies[axis] ?? 1);
    const options: Options = { table: 'Transpose', fields: [] };
    return this.#add('TRANSPOSE', [this.#index(x), this.#ints(order)], shape, { options, isMap, sizes });
  }

  /** The operands of a window operation: unchanged if TFLite's SAME pads as PyTorch does, otherwise padded. */
  #window(x: Value, window: Window, dilation: Pair): [Value, number] {
    if (this.#isSame(x, window, dilation)) return [x, SAME];
    return [this.#padded(x, window.padding, 0), VALID];
  }

  /** SAME pads up to a whole number of strides. If the padding is odd, the far side gets more. */
  #isSame({ shape }: Value, { kernel, stride, padding }: Window, dilation: Pair): boolean {
    return ([0, 1] as const).every((axis) => {
      const size = shape[axis + 2] ?? 1;
      const [before = 0, after = 0] = [padding[axis], padding[axis + 2]];
      const span = (kernel[axis] - 1) * dilation[axis] + 1;
      const places = Math.ceil(size / stride[axis]);
      const total = Math.max(0, (places - 1) * stride[axis] + span - size);
      const here = Math.floor((size + before + after - span) / stride[axis]) + 1;
      return before === Math.floor(total / 2) && after === total - before && here === places;
    });
  }

  #pool(operator: 'MAX_POOL_2D' | 'AVERAGE_POOL_2D', x: Value, { kernel, stride }: Window, padding: number, shape: Shape): Value {
    const sizes = [stride[1], stride[0], kernel[1], kernel[0]].map((int32) => ({ int32 }));
    const options: Options = { table: 'Pool2D', fields: [{ int8: padding }, ...sizes, { int8: 0 }] };
    return this.#add(operator, [this.#index(x)], shape, { options, isMap: true });
  }

  #padded(x: Value, padding: Padding, value: number, channels: Pair = [0, 0]): Value {
    const map = this.map(x);
    if ([...padding, ...channels].every((size) => size === 0)) return map;
    const shape = paddedShape(x, padding, channels);
    const names = [this.#index(map), this.#paddings(padding, channels)];
    if (value === 0) return this.#add('PAD', names, shape, { options: { table: 'Pad', fields: [] }, isMap: true });
    const constant = this.#constant('padding', [1], Float32Array.of(value));
    return this.#add('PADV2', [...names, constant], shape, { options: { table: 'PadV2', fields: [] }, isMap: true });
  }

  #paddings([top, left, bottom, right]: Padding, [before, after]: Pair): number {
    return this.#ints([0, 0, top, bottom, left, right, before, after], [4, 2]);
  }

  /** @param more.sizes sizes of the result in stored order, if its shape does not tell */
  #add(
    operator: Operator,
    inputs: number[],
    shape: Shape,
    more: { options?: Options; isMap?: boolean; version?: number; sizes?: Shape } = {},
  ): Value {
    const { options, isMap = false, version, sizes = isMap ? nhwc(shape) : shape } = more;
    const output = this.#tensor(`${this.layer}/${operator}`, sizes);
    this.#operations.push({ operator, inputs, output, options, version });
    return this.#made(output, shape, isMap);
  }

  #marked(x: Value, nonNegative: boolean): Value {
    if (nonNegative) this.#nonNegative.add(x);
    return x;
  }

  #made(tensor: number, shape: Shape, isMap: boolean): Value {
    const value = this.value(this.#tensors[tensor]?.name ?? '', shape, isMap);
    this.#indices.set(value.name, tensor);
    return value;
  }

  #index({ name }: Value): number {
    return this.#indices.get(name) ?? 0;
  }

  /** Axes, sizes and similar: equal ones share a constant. */
  #ints(values: readonly number[], shape: Shape = [values.length]): number {
    const key = `${shape}:${values}`;
    const tensor = this.#integers.get(key) ?? this.#constant('integers', shape, Int32Array.from(values));
    this.#integers.set(key, tensor);
    return tensor;
  }

  #constant(role: string, shape: Shape, data: Float32Array | Int32Array): number {
    return this.#tensor(`${this.layer}/${role}`, shape, data);
  }

  #tensor(name: string, shape: Shape, data?: Float32Array | Int32Array): number {
    return this.#tensors.push({ name: this.#names.unique(name), shape: [...shape], data }) - 1;
  }
}

/** [o, i, kh, kw] with zeros for inputs outside the group. */
function denseWeights({ weight, bias, groups, kernel: [kh, kw] }: Convolution, inputs: number): Float32Array {
  const [rows, outputs, area] = [inputs / groups, bias.length, kh * kw];
  const dense = new Float32Array(outputs * inputs * area);
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor((o * groups) / outputs);
    dense.set(weight.subarray(o * rows * area, (o + 1) * rows * area), (o * inputs + group * rows) * area);
  }
  return dense;
}

/** If only a ReLU reads an addition, the addition applies it. */
function withFusedRelu(operations: readonly TfliteOperation[], outputs: readonly { tensor: number }[]): TfliteOperation[] {
  const readers = new Map<number, number>();
  for (const tensor of [...operations.flatMap(({ inputs }) => inputs), ...outputs.map((output) => output.tensor)]) {
    readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  }
  const reluOf = new Map(
    operations.flatMap(({ operator, inputs: [from = -1], output }) =>
      operator === 'RELU' && readers.get(from) === 1 ? [[from, output] as const] : [],
    ),
  );
  const fused = new Set<number>();
  const additions = operations.map((operation) => {
    const output = reluOf.get(operation.output);
    if (operation.operator !== 'ADD' || output === undefined) return operation;
    fused.add(output);
    return { ...operation, output, options: { table: 'Add', fields: [{ int8: 1 }] } satisfies Options };
  });
  return additions.filter(({ operator, output }) => operator !== 'RELU' || !fused.has(output));
}
