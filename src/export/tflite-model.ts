/**
 * A TensorFlow Lite model file: tensors, buffers and operations in the flatbuffer of TFLite's schema (version 3),
 * https://github.com/tensorflow/tensorflow/blob/v2.19.0/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */
import { Builder } from 'flatbuffers';

/** BuiltinOperator in the schema. */
export const OPERATORS = {
  ADD: 0,
  AVERAGE_POOL_2D: 1,
  CONCATENATION: 2,
  CONV_2D: 3,
  DEPTHWISE_CONV_2D: 4,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RELU: 19,
  RESHAPE: 22,
  RESIZE_BILINEAR: 23,
  SOFTMAX: 25,
  TANH: 28,
  PAD: 34,
  TRANSPOSE: 39,
  MEAN: 40,
  SUB: 41,
  DIV: 42,
  STRIDED_SLICE: 45,
  EXP: 47,
  MAXIMUM: 55,
  PADV2: 60,
  SLICE: 65,
  LOG: 73,
  SQRT: 75,
  POW: 78,
  MIRROR_PAD: 100,
  BATCH_MATMUL: 126,
} as const;

export type Operator = keyof typeof OPERATORS;

/** BuiltinOptions in the schema: the number of each table in the union. */
const OPTIONS = {
  Conv2D: 1,
  DepthwiseConv2D: 2,
  Pool2D: 5,
  FullyConnected: 8,
  Softmax: 9,
  Concatenation: 10,
  Add: 11,
  ResizeBilinear: 15,
  Reshape: 17,
  Mul: 21,
  Pad: 22,
  Transpose: 26,
  Reducer: 27,
  Sub: 28,
  Div: 29,
  StridedSlice: 32,
  MaximumMinimum: 39,
  PadV2: 43,
  Slice: 48,
  Pow: 56,
  MirrorPad: 77,
  BatchMatMul: 101,
} as const;

/** A field of an options table. Its index in the list is its number in the schema. Defaults are not written. */
type Field = { int8: number } | { int32: number; default?: number } | { float: number } | { ints: readonly number[] };

export interface Options {
  table: keyof typeof OPTIONS;
  fields: readonly Field[];
}

export interface TfliteTensor {
  name: string;
  /** Sizes in stored order: maps are [n, h, w, c]. */
  shape: readonly number[];
  /** Data of a constant. */
  data?: Float32Array | Int32Array;
  isInteger?: boolean;
}

export interface TfliteOperation {
  operator: Operator;
  version?: number;
  /** Indices of tensors. */
  inputs: number[];
  output: number;
  options?: Options;
}

export interface TfliteModel {
  tensors: readonly TfliteTensor[];
  operations: readonly TfliteOperation[];
  inputs: readonly { name: string; tensor: number }[];
  outputs: readonly { name: string; tensor: number }[];
}

/** TensorType in the schema. */
const FLOAT32 = 0;
const INT32 = 2;
/** Data that readers map as arrays is aligned to this. */
const ALIGNMENT = 16;

export function writeTflite({ tensors, operations, inputs, outputs }: TfliteModel): Uint8Array {
  const b = new Builder(1 << 16);
  const table = (fields: number, fill: () => void) => {
    b.startObject(fields);
    fill();
    return b.endObject();
  };
  const vector = (values: readonly number[], add: (value: number) => void) => {
    b.startVector(4, values.length, 4);
    for (const value of values.toReversed()) add(value);
    return b.endVector();
  };
  const ints = (values: readonly number[]) => vector(values, (value) => b.addInt32(value));
  const offsets = (values: readonly number[]) => vector(values, (value) => b.addOffset(value));

  // The first buffer is empty. It is for tensors without data.
  const buffers = [table(1, () => undefined)];
  const bufferOf = tensors.map(({ data }) => {
    if (!data) return 0;
    b.startVector(1, data.byteLength, ALIGNMENT);
    b.pad(data.byteLength);
    const whole = b.dataBuffer();
    whole.bytes().set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), whole.capacity() - b.offset());
    const bytes = b.endVector();
    return buffers.push(table(1, () => b.addFieldOffset(0, bytes, 0))) - 1;
  });
  const written = tensors.map(({ name, shape, data, isInteger = data instanceof Int32Array }, i) => {
    const [text, sizes] = [b.createString(name), ints(shape)];
    return table(4, () => {
      b.addFieldOffset(0, sizes, 0);
      b.addFieldInt8(1, isInteger ? INT32 : FLOAT32, FLOAT32);
      b.addFieldInt32(2, bufferOf[i] ?? 0, 0);
      b.addFieldOffset(3, text, 0);
    });
  });

  const codes = new Map<string, { operator: Operator; version: number }>();
  const codeOf = ({ operator, version = 1 }: TfliteOperation) => {
    const key = `${operator} ${version}`;
    if (!codes.has(key)) codes.set(key, { operator, version });
    return [...codes.keys()].indexOf(key);
  };
  const optionsOf = ({ fields }: Options) => {
    const lists = fields.map((field) => ('ints' in field ? ints(field.ints) : 0));
    return table(fields.length, () => {
      fields.forEach((field, slot) => {
        if ('int8' in field) b.addFieldInt8(slot, field.int8, 0);
        else if ('int32' in field) b.addFieldInt32(slot, field.int32, field.default ?? 0);
        else if ('float' in field) b.addFieldFloat32(slot, field.float, 0);
        else b.addFieldOffset(slot, lists[slot] ?? 0, 0);
      });
    });
  };
  const steps = operations.map((operation) => {
    const [from, to] = [ints(operation.inputs), ints([operation.output])];
    const { options } = operation;
    const settings = options && optionsOf(options);
    return table(5, () => {
      b.addFieldInt32(0, codeOf(operation), 0);
      b.addFieldOffset(1, from, 0);
      b.addFieldOffset(2, to, 0);
      if (!options || settings === undefined) return;
      b.addFieldInt8(3, OPTIONS[options.table], 0);
      b.addFieldOffset(4, settings, 0);
    });
  });
  const graph = [offsets(written), ints(inputs.map(({ tensor }) => tensor)), ints(outputs.map(({ tensor }) => tensor)), offsets(steps)];
  const graphName = b.createString('main');
  const subgraph = table(5, () => {
    for (const [slot, part] of [...graph, graphName].entries()) b.addFieldOffset(slot, part, 0);
  });

  const operatorCodes = [...codes.values()].map(({ operator, version }) =>
    table(4, () => {
      b.addFieldInt8(0, OPERATORS[operator], 0);
      b.addFieldInt32(2, version, 1);
      b.addFieldInt32(3, OPERATORS[operator], 0);
    }),
  );
  // The names of inputs and outputs in runtimes.
  const named = (list: TfliteModel['inputs']) =>
    offsets(
      list.map(({ name, tensor }) => {
        const text = b.createString(name);
        return table(2, () => {
          b.addFieldOffset(0, text, 0);
          b.addFieldInt32(1, tensor, 0);
        });
      }),
    );
  const [namedInputs, namedOutputs, key] = [named(inputs), named(outputs), b.createString('serving_default')];
  const signature = table(5, () => {
    b.addFieldOffset(0, namedInputs, 0);
    b.addFieldOffset(1, namedOutputs, 0);
    b.addFieldOffset(2, key, 0);
  });

  const parts = [offsets(operatorCodes), offsets([subgraph]), b.createString('resnet-webgpu'), offsets(buffers)];
  const signatures = offsets([signature]);
  const root = table(8, () => {
    b.addFieldInt32(0, 3, 0); // version of the schema
    for (const [i, part] of parts.entries()) b.addFieldOffset(i + 1, part, 0);
    b.addFieldOffset(7, signatures, 0);
  });
  b.finish(root, 'TFL3');
  return b.asUint8Array().slice();
}
