import { product } from '../graph/shape.ts';
import { aligned } from './dtype.ts';

/** Where a tensor's elements are in its storage. All values are in elements. */
export interface Strided {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** One past the last element that the tensor uses, counted from its offset. */
export function extent({ shape, stride }: Strided): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, size, axis) => last + (size - 1) * (stride[axis] as number), 1);
}

export function isContiguous({ shape, stride }: Strided): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size !== 1 && stride[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

const UNITS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };

/**
 * Copies a strided tensor to row-major order without interpreting the numbers (NaN payloads and int64 are preserved). `bytes` starts at
 * the tensor's first element.
 */
export function gather(bytes: Uint8Array, elementBytes: number, { shape, stride }: Strided): Uint8Array {
  // Only the unit's size matters. One type for all four keeps the loop readable.
  const Unit = UNITS[elementBytes as keyof typeof UNITS] as Uint8ArrayConstructor;
  const { buffer, byteOffset, length } = aligned(bytes, elementBytes);
  const from = new Unit(buffer as ArrayBuffer, byteOffset, length / elementBytes);
  const to = new Unit(product(shape));
  const inner = shape.length - 1;
  const width = shape[inner] ?? 1;
  const step = stride[inner] ?? 1;
  const index = new Array<number>(Math.max(inner, 0)).fill(0);
  let row = 0;
  for (let out = 0; out < to.length; ) {
    for (let i = 0; i < width; i++) to[out++] = from[row + i * step] as number;
    // Counts through the outer axes, the last one fastest.
    for (let axis = inner - 1; axis >= 0; axis--) {
      const at = (index[axis] as number) + 1;
      row += stride[axis] as number;
      if (at < (shape[axis] as number)) {
        index[axis] = at;
        break;
      }
      index[axis] = 0;
      row -= at * (stride[axis] as number);
    }
  }
  return new Uint8Array(to.buffer);
}
