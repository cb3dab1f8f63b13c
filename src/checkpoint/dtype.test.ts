import { describe, expect, test } from 'vitest';
import { toFloat32 } from './dtype.ts';

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The definition of binary16, in float64. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15));
}

describe('toFloat32', () => {
  test('all 65536 f16 values, including subnormals, signed zeros, infinities and NaN', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const floats = toFloat32(bytesOf(all), 'f16');
    const wrong = [...all].filter((bits) => !Object.is(floats[bits], half(bits)));
    expect(wrong).toEqual([]);
  });

  test('bfloat16 is the upper half of a float32', () => {
    const floats = toFloat32(bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0xff80, 0x8000, 0x0001)), 'bf16');
    expect([...floats]).toEqual([1, -3.140625, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 2 ** -133]);
    expect(toFloat32(bytesOf(Uint16Array.of(0x7fc1)), 'bf16')).toEqual(Float32Array.of(Number.NaN));
  });

  test('doubles round to nearest, overflow to infinity', () => {
    const floats = toFloat32(bytesOf(Float64Array.of(0.1, 1e300, -1e-320, 16777217)), 'f64');
    expect([...floats]).toEqual([Math.fround(0.1), Number.POSITIVE_INFINITY, -0, 16777216]);
  });

  test('integers and booleans', () => {
    expect([...toFloat32(bytesOf(BigInt64Array.of(-1n, 16777216n, -(2n ** 62n))), 'i64')]).toEqual([-1, 16777216, -(2 ** 62)]);
    expect([...toFloat32(bytesOf(Int32Array.of(-7, 2 ** 30)), 'i32')]).toEqual([-7, 2 ** 30]);
    expect([...toFloat32(bytesOf(Int16Array.of(-32768, 5)), 'i16')]).toEqual([-32768, 5]);
    expect([...toFloat32(bytesOf(Int8Array.of(-128, 127)), 'i8')]).toEqual([-128, 127]);
    expect([...toFloat32(Uint8Array.of(0, 255), 'u8')]).toEqual([0, 255]);
    expect([...toFloat32(Uint8Array.of(0, 1, 2), 'bool')]).toEqual([0, 1, 1]);
  });

  test('aligned float32 is a view, unaligned a copy of the same numbers', () => {
    const buffer = new Uint8Array(17);
    buffer.set(bytesOf(Float32Array.of(1.5, -2, 3)), 4);
    expect(toFloat32(buffer.subarray(4, 16), 'f32').buffer).toBe(buffer.buffer);
    buffer.copyWithin(5, 4, 16);
    const copy = toFloat32(buffer.subarray(5, 17), 'f32');
    expect(copy.buffer).not.toBe(buffer.buffer);
    expect([...copy]).toEqual([1.5, -2, 3]);
  });
});
