import type { DType } from './types.ts';

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  i32: 4,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};

export function isDType(name: string): name is DType {
  return Object.hasOwn(BYTES_PER_ELEMENT, name);
}

/** `bytes` at an offset that is a multiple of `alignment`: the same bytes if they already are, otherwise a copy. */
export function aligned(bytes: Uint8Array, alignment: number): Uint8Array {
  return bytes.byteOffset % alignment === 0 ? bytes : new Uint8Array(bytes);
}

/**
 * Little-endian numbers as float32. Aligned f32 is returned as a view, everything else as a new array. f64 and integers are rounded to
 * the nearest even, NaN and infinities are kept.
 */
export function toFloat32(raw: Uint8Array, dtype: DType): Float32Array {
  const size = BYTES_PER_ELEMENT[dtype];
  const bytes = aligned(raw, size);
  const args = [bytes.buffer, bytes.byteOffset, bytes.length / size] as const;
  switch (dtype) {
    case 'f32':
      return new Float32Array(...args);
    case 'f64':
      return new Float32Array(new Float64Array(...args));
    case 'f16':
      return fromHalf(new Uint16Array(...args));
    case 'bf16':
      return fromBits(new Uint16Array(...args), (bits) => bits << 16);
    case 'i64':
      return Float32Array.from(new BigInt64Array(...args), Number);
    case 'i32':
      return new Float32Array(new Int32Array(...args));
    case 'i16':
      return new Float32Array(new Int16Array(...args));
    case 'i8':
      return new Float32Array(new Int8Array(...args));
    case 'u8':
      return new Float32Array(bytes);
    case 'bool':
      return Float32Array.from(bytes, (byte) => (byte === 0 ? 0 : 1));
  }
}

function fromBits(source: Uint16Array, widen: (bits: number) => number): Float32Array {
  const bits = new Uint32Array(source.length);
  for (let i = 0; i < source.length; i++) bits[i] = widen(source[i] as number);
  return new Float32Array(bits.buffer);
}

/** Shifting exponent and mantissa into place gives a float32 that is too small by 2^112. This also holds for subnormals. */
function fromHalf(source: Uint16Array): Float32Array {
  const floats = fromBits(source, (half) => (half & 0x7fff) << 13);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < source.length; i++) {
    const half = source[i] as number;
    if ((half & 0x7c00) === 0x7c00) bits[i] = ((half & 0x8000) << 16) | 0x7f800000 | ((half & 0x3ff) << 13);
    else floats[i] = (floats[i] as number) * (half & 0x8000 ? -(2 ** 112) : 2 ** 112);
  }
  return floats;
}
