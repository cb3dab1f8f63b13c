/** Bits of IEEE binary16, for packed weights. (Float16Array is not yet in every browser.) */

/** The largest finite f16 value. */
export const MAX_HALF = 65504;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest f16 value, ties to even. Infinite beyond MAX_HALF. */
export function halfBits(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude >= 0x47800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00);
  if (magnitude < 0x38800000) {
    // Subnormal: the value in units of 2^-24. Adding a number whose last bit has that weight rounds it.
    float[0] = Math.abs(float[0] ?? 0) + 0.5;
    return sign | ((bits[0] ?? 0) - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return rounded >= 0x47800000 ? sign | 0x7c00 : sign | ((rounded - 0x38000000) >>> 13);
}

export function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}
