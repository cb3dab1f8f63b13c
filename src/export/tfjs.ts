/**
 * A TensorFlow GraphDef in JSON with its weights, as tensorflowjs_converter writes it and `loadGraphModel` reads it. Maps are
 * NHWC, and convolutions include bias and ReLU (`_FusedConv2D`). Attributes that TF.js reads:
 * https://github.com/tensorflow/tfjs/tree/tfjs-v4.22.0/tfjs-converter/src/operations/op_list
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';
import { isEitherLayout, NhwcValues, nhwc, paddedShape, TO_NHWC } from './nhwc.ts';
import { concatenate } from './protobuf.ts';
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

/** AttrValue of GraphDef. Bytes are base64 and 64-bit integers are text, as in protocol buffers' JSON. */
type Attribute =
  /** An integer. */
  | Record<'i', string>
  | Record<'b', boolean>
  /** Bytes. */
  | Record<'s', string>
  /** A DataType. */
  | Record<'type', string>
  | Record<'shape', Record<'dim', Record<'size', string>[]>>
  | Record<'list', Record<'i', string[]> | Record<'s', string[]>>;

/** A node of GraphDef. */
interface NodeDef {
  /** Unique in the graph. */
  name: string;
  /** TensorFlow's name for the operation. */
  op: string;
  /** Names of the nodes that it reads. */
  input: string[];
  /** Its attributes. */
  attr: Record<string, Attribute>;
}

/** The input of `tf.io.fromMemory`: a tf.io.ModelArtifacts. */
export interface TfjsGraphArtifacts {
  /** Identifies the format for TF.js. */
  format: 'graph-model';
  /** The program that made the graph. */
  generatedBy: string;
  /** The program that converted it for TF.js. */
  convertedBy: string;
  /** The graph. */
  modelTopology: {
    /** Nodes. Each comes after those that it reads. */
    node: NodeDef[];
    /** Version of GraphDef. */
    versions: {
      /** Version of GraphDef that it was written for. */
      producer: number;
      /** Oldest version that may read it. */
      minConsumer: number;
    };
  };
  /** Inputs and outputs by name. */
  signature: {
    /** `input`. */
    inputs: Record<string, TensorInfo>;
    /** `logits`, `pooled`, `stage0` … */
    outputs: Record<string, TensorInfo>;
  };
  /** One for each tensor. */
  weightSpecs: {
    /** The node that has this value. */
    name: string;
    /** Length of each axis. */
    shape: number[];
    /** float32 or int32, four bytes each. */
    dtype: 'float32' | 'int32';
  }[];
  /** The numbers of all tensors, little-endian, in the order of `weightSpecs`. */
  weightData: ArrayBuffer;
}

/** TensorInfo of a SavedModel's signature. */
interface TensorInfo {
  /** Name of the node, with `:0`. */
  name: string;
  /** float32. */
  dtype: 'DT_FLOAT';
  /** Its shape, in 64-bit integers as text. The batch is -1. */
  tensorShape: {
    /** Each axis, outermost first. */
    dim: {
      /** Its length. */
      size: string;
    }[];
  };
}

const FLOAT: Attribute = { type: 'DT_FLOAT' };
const UNARY: Record<Unary, string> = { relu: 'Relu', sigmoid: 'Sigmoid', sqrt: 'Sqrt', tanh: 'Tanh', exp: 'Exp', log: 'Log' };
const BINARY: Record<Binary, string> = { add: 'AddV2', sub: 'Sub', mul: 'Mul', div: 'RealDiv', max: 'Maximum', pow: 'Pow' };

/** Less than every activation: the neutral element of max pooling. */
const LOWEST = -3.4028234663852886e38;

const int = (value: number): Attribute => ({ i: String(value) });
const ints = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
const text = (value: string): Attribute => ({ s: btoa(value) });
const texts = (values: string[]): Attribute => ({ list: { s: values.map(btoa) } });
const bool = (value: boolean): Attribute => ({ b: value });
const dimensions = (sizes: readonly number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });

export class TfjsTarget extends NhwcValues implements Target {
  layer = '';
  readonly #names = new Names();
  readonly #nodes: NodeDef[] = [];
  readonly #specs: TfjsGraphArtifacts['weightSpecs'] = [];
  readonly #data: Uint8Array[] = [];
  readonly #integers = new Map<string, string>();
  readonly #inputs: Record<string, TensorInfo> = {};
  readonly #outputs: Record<string, TensorInfo> = {};

  input(name: string, shape: Shape): Value {
    const isMap = shape.length === 4;
    const sizes = [-1, ...(isMap ? nhwc(shape) : shape).slice(1)];
    const node = {
      name: this.#names.unique(name),
      op: 'Placeholder',
      input: [],
      attr: { dtype: FLOAT, shape: { shape: dimensions(sizes) } },
    };
    this.#nodes.push(node);
    this.#inputs[name] = { name: `${node.name}:0`, dtype: 'DT_FLOAT', tensorShape: dimensions(sizes) };
    return this.value(node.name, shape, isMap);
  }

  constant(data: Float32Array, shape: Shape): Value {
    const isMap = shape.length === 4;
    const name = isMap ? this.#constant('constant', nhwc(shape), permute(data, shape, TO_NHWC)) : this.#constant('constant', shape, data);
    return this.value(name, shape, isMap);
  }

  conv(x: Value, c: Convolution, relu: boolean): Value {
    const [sy, sx] = c.stride;
    const dilated = c.dilation.some((step) => step > 1);
    // TF.js refuses stride and dilation together. So every position is computed, and then only some are kept.
    if (dilated && (sy > 1 || sx > 1)) {
      const all = this.conv(x, { ...c, stride: [1, 1] }, relu);
      return this.#strided(this.#strided(all, 2, 0, all.shape[2] ?? 1, sy), 3, 0, all.shape[3] ?? 1, sx);
    }
    const [kh, kw] = c.kernel;
    const inputs = x.shape[1] ?? 0;
    const rows = inputs / c.groups;
    const outputs = c.bias.length / c.groups;
    const shape = windowed(x, c, c.bias.length, c.dilation);
    const map = this.map(x);
    const biasOf = (g: number) => this.#constant('bias', [outputs], c.bias.subarray(g * outputs, (g + 1) * outputs));
    if (rows === 1 && c.groups > 1) {
      const weight = permute(c.weight, [inputs, outputs, kh, kw], [2, 3, 0, 1]);
      const names = [
        map.name,
        this.#constant('weight', [kh, kw, inputs, outputs], weight),
        this.#constant('bias', [c.bias.length], c.bias),
      ];
      return this.#add('FusedDepthwiseConv2dNative', names, shape, convolution(c, relu), true);
    }
    const groupOf = (g: number, part: string) => {
      const weight = c.weight.subarray((g * c.weight.length) / c.groups, ((g + 1) * c.weight.length) / c.groups);
      const filter = permute(weight, [outputs, rows, kh, kw], [2, 3, 1, 0]);
      const names = [part, this.#constant('weight', [kh, kw, rows, outputs], filter), biasOf(g)];
      return this.#add('_FusedConv2D', names, replaced(shape, 1, outputs), convolution(c, relu), true);
    };
    if (c.groups === 1) return groupOf(0, map.name);
    // TF.js has no grouped convolution. So there is one convolution for each group, as in converted models.
    const parts = this.#add('Split', [this.#ints([3], []), map.name], x.shape, { num_split: int(c.groups), T: FLOAT });
    return this.concat(
      Array.from({ length: c.groups }, (_, g) => groupOf(g, `${parts.name}:${g}`)),
      1,
    );
  }

  linear(x: Value, weight: Float32Array, bias: Float32Array, relu: boolean): Value {
    const [n = 1, c = 1] = x.shape;
    const rows = this.reshape(x, [n, c]);
    const matrix = this.#constant('weight', [c, bias.length], permute(weight, [bias.length, c], [1, 0]));
    const attributes = { transpose_a: bool(false), transpose_b: bool(false), ...fused(relu) };
    return this.#add('_FusedMatMul', [rows.name, matrix, this.#constant('bias', [bias.length], bias)], [n, bias.length], attributes);
  }

  unary(kind: Unary, x: Value): Value {
    return this.#like(x, UNARY[kind], [x.name], x.shape);
  }

  binary(kind: Binary, a: Value, b: Value): Value {
    const [x = a, y = b] = this.alike([a, b]);
    return this.#add(BINARY[kind], [x.name, y.name], broadcast(a.shape, b.shape), { T: FLOAT }, this.isMap(x) || this.isMap(y));
  }

  maxPool(x: Value, w: Window): Value {
    return this.#pool('MaxPool', this.#padded(x, w.padding, LOWEST), w);
  }

  averagePool(x: Value, w: Window): Value {
    return this.#pool('AvgPool', this.#padded(x, w.padding, 0), w);
  }

  mean(x: Value, axes: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const places = axes.map((axis) => this.axis(x, axis));
    return this.#like(x, 'Mean', [x.name, this.#ints(places)], shape, { keep_dims: bool(true), T: FLOAT });
  }

  pad(x: Value, padding: Padding, mode: 'zero' | 'reflect', channels: Pair = [0, 0]): Value {
    if (mode === 'zero') return this.#padded(x, padding, 0, channels);
    const names = [this.map(x).name, this.#paddings(padding, channels)];
    return this.#add('MirrorPad', names, paddedShape(x, padding, channels), { mode: text('REFLECT'), T: FLOAT }, true);
  }

  slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
    if (step > 1) return this.#strided(x, axis, start, end, step);
    const place = this.axis(x, axis);
    const begin = this.#ints(x.shape.map((_, i) => (i === place ? start : 0)));
    const size = this.#ints(x.shape.map((_, i) => (i === place ? end - start : -1)));
    return this.#like(x, 'Slice', [x.name, begin, size], replaced(x.shape, axis, end - start));
  }

  concat(parts: Value[], axis: number): Value {
    const alike = this.alike(parts);
    const isMap = alike.some((part) => this.isMap(part));
    const names = [...alike.map(({ name }) => name), this.#ints([isMap ? TO_NHWC.indexOf(axis) : axis], [])];
    const size = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
    return this.#add('ConcatV2', names, replaced(parts[0]?.shape ?? [], axis, size), { N: int(parts.length), T: FLOAT }, isMap);
  }

  reshape(x: Value, shape: Shape): Value {
    return this.reshaped(isEitherLayout(x) ? x : this.plain(x), shape, shape, false);
  }

  transpose(x: Value, order: readonly number[]): Value {
    return this.transposed(this.plain(x), order, false);
  }

  /** TF.js only supports the last axis. */
  softmax(x: Value, axis: number): Value {
    const last = x.shape.length - 1;
    if (this.axis(x, axis) === last) return this.#like(x, 'Softmax', [x.name], x.shape);
    const order = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
    const swapped = this.transpose(x, order);
    return this.transpose(this.#add('Softmax', [swapped.name], swapped.shape), order);
  }

  matmul(a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
    const names = [this.plain(a).name, this.plain(b).name];
    const attributes = { adj_x: bool(transposeA), adj_y: bool(transposeB), T: FLOAT };
    return this.#add('BatchMatMulV2', names, matmulShape(a.shape, b.shape, transposeA, transposeB), attributes);
  }

  resize(x: Value, size: Pair): Value {
    const attributes = { align_corners: bool(false), half_pixel_centers: bool(true), T: FLOAT };
    return this.#add('ResizeBilinear', [this.map(x).name, this.#ints(size)], [...x.shape.slice(0, 2), ...size], attributes, true);
  }

  output(name: string, value: Value): void {
    const result = value.shape.length === 4 ? this.map(value) : value;
    const output = this.#add('Identity', [result.name], value.shape);
    const sizes = [-1, ...(value.shape.length === 4 ? nhwc(value.shape) : value.shape).slice(1)];
    this.#outputs[name] = { name: `${output.name}:0`, dtype: 'DT_FLOAT', tensorShape: dimensions(sizes) };
  }

  finish(): TfjsGraphArtifacts {
    const bytes = this.#data.reduce((sum, part) => sum + part.length, 0);
    return {
      format: 'graph-model',
      generatedBy: 'resnet-webgpu',
      convertedBy: 'resnet-webgpu',
      // TensorFlow 2.4's. TF.js only copies them into model.modelVersion.
      modelTopology: { node: this.#nodes, versions: { producer: 561, minConsumer: 12 } },
      signature: { inputs: this.#inputs, outputs: this.#outputs },
      weightSpecs: this.#specs,
      weightData: concatenate(this.#data, bytes).buffer,
    };
  }

  #add(op: string, input: string[], shape: Shape, attr: Record<string, Attribute> = { T: FLOAT }, isMap = false): Value {
    const name = this.#names.unique(`${this.layer}/${op}`);
    this.#nodes.push({ name, op, input, attr });
    return this.value(name, shape, isMap);
  }

  /** A result with the same layout as `x`. */
  #like(x: Value, op: string, input: string[], shape: Shape, attr?: Record<string, Attribute>): Value {
    return this.#add(op, input, shape, attr, this.isMap(x));
  }

  protected override reshaped(x: Value, sizes: Shape, shape: Shape, isMap: boolean): Value {
    return this.#add('Reshape', [x.name, this.#ints([-1, ...sizes.slice(1)])], shape, { T: FLOAT }, isMap);
  }

  protected override transposed(x: Value, order: readonly number[], isMap: boolean): Value {
    const shape = order.map((axis) => x.shape[axis] ?? 1);
    return this.#add('Transpose', [x.name, this.#ints(order)], shape, { T: FLOAT }, isMap);
  }

  #pool(op: 'MaxPool' | 'AvgPool', x: Value, { kernel, stride }: Window): Value {
    const attributes = { ksize: ints([1, ...kernel, 1]), strides: ints([1, ...stride, 1]), padding: text('VALID'), T: FLOAT };
    const shape = windowed(x, { kernel, stride, padding: [0, 0, 0, 0] }, x.shape[1] ?? 0);
    return this.#add(op, [this.map(x).name], shape, attributes, true);
  }

  #padded(x: Value, padding: Padding, value: number, channels: Pair = [0, 0]): Value {
    if ([...padding, ...channels].every((size) => size === 0)) return x;
    const constant = this.#constant('padding', [], Float32Array.of(value));
    const names = [this.map(x).name, this.#paddings(padding, channels), constant];
    return this.#add('PadV2', names, paddedShape(x, padding, channels), { T: FLOAT }, true);
  }

  #paddings([top, left, bottom, right]: Padding, [before, after]: Pair): string {
    return this.#ints([0, 0, top, bottom, left, right, before, after], [4, 2]);
  }

  #strided(x: Value, axis: number, start: number, end: number, step: number): Value {
    if (step === 1) return x;
    const place = this.axis(x, axis);
    const only = (value: number, others: number) => this.#ints(x.shape.map((_, i) => (i === place ? value : others)));
    const whole = 2 ** x.shape.length - 1 - 2 ** place;
    const attributes = { begin_mask: int(whole), end_mask: int(whole), T: FLOAT };
    const names = [x.name, only(start, 0), only(end, 0), only(step, 1)];
    return this.#like(x, 'StridedSlice', names, replaced(x.shape, axis, Math.ceil((end - start) / step)), attributes);
  }

  /** Axes, sizes and similar: equal ones share a constant. */
  #ints(values: readonly number[], shape: Shape = [values.length]): string {
    const key = `${shape}:${values}`;
    const name = this.#integers.get(key) ?? this.#constant('integers', shape, Int32Array.from(values));
    this.#integers.set(key, name);
    return name;
  }

  #constant(role: string, shape: Shape, data: Float32Array | Int32Array): string {
    const name = this.#names.unique(`${this.layer}/${role}`);
    const isFloat = data instanceof Float32Array;
    this.#nodes.push({ name, op: 'Const', input: [], attr: { dtype: isFloat ? FLOAT : { type: 'DT_INT32' } } });
    this.#specs.push({ name, shape: [...shape], dtype: isFloat ? 'float32' : 'int32' });
    this.#data.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return name;
  }
}

/** PyTorch pads both sides equally, TensorFlow's SAME may not. EXPLICIT needs no separate Pad. */
function convolution({ stride, dilation, padding: [top, left, bottom, right] }: Convolution, relu: boolean): Record<string, Attribute> {
  const sizes = [0, 0, top, bottom, left, right, 0, 0];
  return {
    strides: ints([1, ...stride, 1]),
    dilations: ints([1, ...dilation, 1]),
    data_format: text('NHWC'),
    ...(sizes.some((size) => size > 0) ? { padding: text('EXPLICIT'), explicit_paddings: ints(sizes) } : { padding: text('VALID') }),
    ...fused(relu),
  };
}

function fused(relu: boolean): Record<string, Attribute> {
  return { num_args: int(1), fused_ops: texts(relu ? ['BiasAdd', 'Relu'] : ['BiasAdd']), T: FLOAT };
}
