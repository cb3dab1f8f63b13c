/**
 * An ONNX model in protocol buffers, opset 13. Maps are NCHW as in PyTorch, the batch is a free dimension. Field numbers:
 * https://github.com/onnx/onnx/blob/v1.8.0/onnx/onnx.proto, operators: https://github.com/onnx/onnx/blob/v1.8.0/docs/Operators.md
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';
import { Message } from './protobuf.ts';
import {
  type Binary,
  broadcast,
  type Convolution,
  matmulShape,
  Names,
  replaced,
  type Target,
  type Unary,
  type Value,
  type Window,
  windowed,
} from './target.ts';

/** IR version 7 came with opset 13 (ONNX 1.8): https://github.com/onnx/onnx/blob/main/docs/Versioning.md */
const IR_VERSION = 7;
const OPSET = 13;

// TensorProto.DataType and AttributeProto.AttributeType
const FLOAT = 1;
const INT64 = 7;
const ATTRIBUTE = { int: 2, string: 3, ints: 7 } as const;

/** Arrays are lists of integers. */
type Attributes = Record<string, number | string | readonly number[]>;

interface Node {
  op: string;
  name: string;
  inputs: string[];
  output: string;
  attributes: Attributes;
}

const UNARY: Record<Unary, string> = { relu: 'Relu', sigmoid: 'Sigmoid', sqrt: 'Sqrt', tanh: 'Tanh', exp: 'Exp', log: 'Log' };
const BINARY: Record<Binary, string> = { add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div', max: 'Max', pow: 'Pow' };

export class OnnxTarget implements Target {
  layer = '';
  readonly #names = new Names();
  readonly #nodes: Node[] = [];
  readonly #initializers: Message[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];

  input(name: string, shape: Shape): Value {
    const value = { name: this.#names.unique(name), shape };
    this.#inputs.push(value);
    return value;
  }

  constant(data: Float32Array, shape: Shape): Value {
    return { name: this.#initializer('constant', FLOAT, shape, data), shape };
  }

  conv(x: Value, c: Convolution, relu: boolean): Value {
    const [kh, kw] = c.kernel;
    const weight = this.#initializer('weight', FLOAT, [c.bias.length, (x.shape[1] ?? 0) / c.groups, kh, kw], c.weight);
    const bias = this.#initializer('bias', FLOAT, [c.bias.length], c.bias);
    const attributes = { ...window(c), dilations: c.dilation, group: c.groups };
    const y = this.#add('Conv', [x.name, weight, bias], windowed(x, c, c.bias.length, c.dilation), attributes);
    return relu ? this.unary('relu', y) : y;
  }

  linear(x: Value, weight: Float32Array, bias: Float32Array, relu: boolean): Value {
    const [n = 1, c = 1] = x.shape;
    const rows = x.shape.length === 2 ? x : this.#add('Flatten', [x.name], [n, c]);
    const matrix = this.#initializer('weight', FLOAT, [bias.length, c], weight);
    const inputs = [rows.name, matrix, this.#initializer('bias', FLOAT, [bias.length], bias)];
    const y = this.#add('Gemm', inputs, [n, bias.length], { transB: 1 });
    return relu ? this.unary('relu', y) : y;
  }

  unary(kind: Unary, x: Value): Value {
    return this.#add(UNARY[kind], [x.name], x.shape);
  }

  binary(kind: Binary, a: Value, b: Value): Value {
    return this.#add(BINARY[kind], [a.name, b.name], broadcast(a.shape, b.shape));
  }

  maxPool(x: Value, w: Window): Value {
    return this.#add('MaxPool', [x.name], windowed(x, w, x.shape[1] ?? 0), window(w));
  }

  averagePool(x: Value, w: Window): Value {
    return this.#add('AveragePool', [x.name], windowed(x, w, x.shape[1] ?? 0), { ...window(w), count_include_pad: 1 });
  }

  mean(x: Value, axes: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    if (x.shape.length === 4 && axes.join() === '2,3') return this.#add('GlobalAveragePool', [x.name], shape);
    return this.#add('ReduceMean', [x.name], shape, { axes, keepdims: 1 });
  }

  pad(x: Value, [top, left, bottom, right]: Padding, mode: 'zero' | 'reflect', [before, after]: Pair = [0, 0]): Value {
    const [n = 1, c = 1, h = 1, w = 1] = x.shape;
    const pads = this.#integers('pads', [0, before, top, left, 0, after, bottom, right]);
    const shape = [n, before + c + after, top + h + bottom, left + w + right];
    return this.#add('Pad', [x.name, pads], shape, { mode: mode === 'zero' ? 'constant' : mode });
  }

  slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
    const inputs = [x.name, this.#integers('starts', [start]), this.#integers('ends', [end])];
    inputs.push(this.#integers('axes', [axis]), this.#integers('steps', [step]));
    return this.#add('Slice', inputs, replaced(x.shape, axis, Math.ceil((end - start) / step)));
  }

  concat(parts: Value[], axis: number): Value {
    const size = parts.reduce((sum, part) => sum + (part.shape[axis] ?? 0), 0);
    const names = parts.map(({ name }) => name);
    return this.#add('Concat', names, replaced(parts[0]?.shape ?? [], axis, size), { axis });
  }

  reshape(x: Value, shape: Shape): Value {
    return this.#add('Reshape', [x.name, this.#integers('shape', [-1, ...shape.slice(1)])], shape);
  }

  transpose(x: Value, order: readonly number[]): Value {
    return this.#add(
      'Transpose',
      [x.name],
      order.map((axis) => x.shape[axis] ?? 1),
      { perm: order },
    );
  }

  softmax(x: Value, axis: number): Value {
    return this.#add('Softmax', [x.name], x.shape, { axis });
  }

  matmul(a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
    const inputs = [transposeA ? this.#swapped(a) : a, transposeB ? this.#swapped(b) : b].map(({ name }) => name);
    return this.#add('MatMul', inputs, matmulShape(a.shape, b.shape, transposeA, transposeB));
  }

  /** Swaps the last two axes. */
  #swapped(x: Value): Value {
    const axes = x.shape.map((_, axis) => axis);
    return this.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
  }

  /** Resize needs all four sizes, so batch and channels are read from the tensor. */
  resize(x: Value, size: Pair): Value {
    const whole = this.#add('Shape', [x.name], [4]);
    const kept = this.slice(whole, 0, 0, 2);
    const sizes = this.#add('Concat', [kept.name, this.#integers('size', size)], [4], { axis: 0 });
    // half_pixel instead of pytorch_half_pixel: that one differs for outputs of one pixel, unlike PyTorch's interpolate.
    const attributes = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
    return this.#add('Resize', [x.name, '', '', sizes.name], [...x.shape.slice(0, 2), ...size], attributes);
  }

  output(name: string, value: Value): void {
    const output = this.#names.unique(name);
    this.#nodes.push({ op: 'Identity', name: `${output}/Identity`, inputs: [value.name], output, attributes: {} });
    this.#outputs.push({ name: output, shape: value.shape });
  }

  /** The bytes of a ModelProto. */
  finish(name: string): Uint8Array {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, nodeProto(node));
    graph.text(2, name);
    for (const initializer of this.#initializers) graph.message(5, initializer);
    const batch = this.#inputs[0]?.shape[0];
    for (const value of this.#inputs) graph.message(11, valueInfo(value, batch));
    for (const value of this.#outputs) graph.message(12, valueInfo(value, batch));
    const opset = new Message().text(1, '').integer(2, OPSET);
    return new Message().integer(1, IR_VERSION).text(2, 'resnet-webgpu').message(7, graph).message(8, opset).finish();
  }

  #add(op: string, inputs: string[], shape: Shape, attributes: Attributes = {}): Value {
    const name = this.#names.unique(`${this.layer}/${op}`);
    this.#nodes.push({ op, name, inputs, output: name, attributes });
    return { name, shape };
  }

  #integers(role: string, values: readonly number[]): string {
    return this.#initializer(role, INT64, [values.length], BigInt64Array.from(values, BigInt));
  }

  #initializer(role: string, type: number, shape: Shape, data: Float32Array | BigInt64Array): string {
    const name = this.#names.unique(`${this.layer}/${role}`);
    const tensor = new Message();
    for (const size of shape) tensor.integer(1, size);
    // raw_data is little-endian, like every machine that runs WebGPU.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#initializers.push(tensor.integer(2, type).text(8, name).bytes(9, bytes));
    return name;
  }
}

function window({ kernel, stride, padding }: Window): Attributes {
  return { kernel_shape: kernel, strides: stride, pads: padding };
}

function nodeProto({ op, name, inputs, output, attributes }: Node): Message {
  const node = new Message();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(3, name).text(4, op);
  for (const [key, value] of Object.entries(attributes)) node.message(5, attributeProto(key, value));
  return node;
}

function attributeProto(name: string, value: number | string | readonly number[]): Message {
  const attribute = new Message().text(1, name);
  if (typeof value === 'number') return attribute.integer(3, value).integer(20, ATTRIBUTE.int);
  if (typeof value === 'string') return attribute.text(4, value).integer(20, ATTRIBUTE.string);
  for (const item of value) attribute.integer(8, item);
  return attribute.integer(20, ATTRIBUTE.ints);
}

/** ValueInfoProto with the batch as a named dimension. Sizes that are multiples of the batch (TridentNet's branches) have no name. */
function valueInfo({ name, shape }: Value, batch: number | undefined): Message {
  const dimensions = new Message();
  shape.forEach((size, axis) => {
    const dimension = new Message();
    if (axis > 0) dimension.integer(1, size);
    else if (size === batch) dimension.text(2, 'batch');
    dimensions.message(1, dimension);
  });
  const tensor = new Message().integer(1, FLOAT).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
