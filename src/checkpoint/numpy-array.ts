/** NumPy arrays in pickles and .npy files, as tensors. Loaded for files that have some. */
import { product } from '../graph/shape.ts';
import { malformed } from './fail.ts';
import { Opaque, type Value } from './pickle.ts';
import { TorchStorage, TorchTensor } from './torch-pickle.ts';

/** By kind and size, as in `dtype.str` after the byte order. */
const TYPES: Readonly<Record<string, string>> = {
  f8: 'float64',
  f4: 'float32',
  f2: 'float16',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u1: 'uint8',
  b1: 'bool',
};
/** NumPy's own limit is 64. */
const MAX_AXES = 64;

export interface ArrayHeader {
  /** In NumPy's notation: `<f4`, `|b1`, `|O`. */
  dtype: string;
  shape: readonly number[];
  /** Column-major. */
  fortran: boolean;
}

/** Bytes of one element, 0 for objects. */
export function itemBytes(dtype: string): number {
  const [, kind, size] = /^[<>=|]?([a-zA-Z?])(\d*)$/.exec(dtype) ?? [];
  return kind === 'O' ? 0 : kind === '?' ? 1 : Number(size || 1) * (kind === 'U' ? 4 : 1);
}

/** A tensor with the array's numbers. Strings become a list. */
export function arrayOf({ dtype, shape, fortran }: ArrayHeader, bytes: Uint8Array, file: string): Value {
  const [, order, kind = '', size = ''] = /^([<>=|]?)([a-zA-Z?])(\d*)$/.exec(dtype) ?? [];
  const count = product(shape);
  const item = itemBytes(dtype);
  if (shape.length > MAX_AXES || !(count * item <= bytes.length)) {
    throw malformed(file, `A NumPy array of shape [${shape.join(', ')}] and type ${dtype} has only ${bytes.length} bytes.`);
  }
  if (kind === 'U' || kind === 'S') return texts(bytes, count, item, kind === 'U', order === '>');
  const typeName = (kind === '?' ? 'bool' : TYPES[kind + size]) ?? `numpy ${dtype}`;
  const content = order === '>' ? swapped(bytes.subarray(0, count * item), item) : bytes;
  const stride = shape.map((_, axis) => product(fortran ? shape.slice(0, axis) : shape.slice(axis + 1)));
  return new TorchTensor(new TorchStorage('', typeName, count, 0, content), 0, shape, stride);
}

function swapped(bytes: Uint8Array, item: number): Uint8Array {
  const copy = bytes.slice();
  for (let at = 0; item > 1 && at < copy.length; at += item) copy.subarray(at, at + item).reverse();
  return copy;
}

/** Usually labels. */
function texts(bytes: Uint8Array, count: number, item: number, wide: boolean, bigEndian: boolean): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: item ? count : 0 }, (_, i) => {
    let text = '';
    for (let at = i * item; at < (i + 1) * item; at += wide ? 4 : 1) {
      const code = wide ? view.getUint32(at, !bigEndian) : view.getUint8(at);
      if (code === 0) break;
      text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
    }
    return text;
  });
}

/** numpy.dtype('f4', False, True) with the state (3, '<', …) gives `<f4`. Undefined for records and for what is not a dtype. */
export function dtypeOf(value: Value): string | undefined {
  if (!(value instanceof Opaque) || !/^numpy\.(dtype|dtypes\.\w+)$/.test(value.name)) return undefined;
  const name = value.args?.[0];
  const order = Array.isArray(value.state) ? value.state[1] : '=';
  return typeof name === 'string' && typeof order === 'string' ? order + name : undefined;
}

/**
 * The result of NumPy's functions that rebuild a pickled array or number. Undefined for any other object.
 * https://github.com/numpy/numpy/blob/main/numpy/_core/src/multiarray/methods.c (array_reduce, array_setstate)
 */
export function fromNumpy({ name, args = [], state }: Opaque, file: string): Value {
  const [, rebuilder] = /^numpy\.(?:_?core\.(?:multiarray|numeric)|ma\.core)\.(\w+)$/.exec(name) ?? [];
  if (rebuilder === '_reconstruct' && Array.isArray(state)) {
    // (version, shape, dtype, column-major, numbers). Very old ones lack the version.
    const [shape, type, fortran, content] = state.slice(-4);
    if (Array.isArray(content)) return Array.isArray(shape) && shape.length === 0 ? content[0] : content;
    return build(shape, type, fortran === true, content, file);
  }
  if (rebuilder === '_frombuffer') {
    const [content, type, shape, order] = args;
    return build(shape, type, order === 'F', content, file);
  }
  if (rebuilder === 'scalar') {
    const dtype = dtypeOf(args[0]);
    const content = bytesOf(args[1]);
    return dtype && content ? number(dtype, content) : undefined;
  }
  return undefined;
}

function build(shape: Value, type: Value, fortran: boolean, content: Value, file: string): Value {
  const dtype = dtypeOf(type);
  const bytes = bytesOf(content);
  if (dtype === undefined || bytes === undefined || !isShape(shape)) return undefined;
  return arrayOf({ dtype, shape, fortran }, bytes, file);
}

export function isShape(value: Value): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Python 2 had no bytes. Its strings are read as UTF-8 if valid. */
function bytesOf(content: Value): Uint8Array | undefined {
  if (content instanceof Uint8Array) return content;
  if (content instanceof Opaque && content.name === 'builtins.bytearray') return bytesOf(content.args?.[0]);
  return typeof content === 'string' ? new TextEncoder().encode(content) : undefined;
}

function number(dtype: string, bytes: Uint8Array): number | undefined {
  if (itemBytes(dtype) > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = !dtype.startsWith('>');
  switch (dtype.slice(1)) {
    case 'f8':
      return view.getFloat64(0, little);
    case 'f4':
      return view.getFloat32(0, little);
    case 'i8':
      return Number(view.getBigInt64(0, little));
    case 'i4':
      return view.getInt32(0, little);
    case 'u1':
    case 'b1':
      return view.getUint8(0);
  }
  return undefined;
}
