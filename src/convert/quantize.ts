/** Converts tensors to the bytes of a weights manifest. */
import type { WeightsEntry } from '../checkpoint/manifest.ts';
import { halfBits, MAX_HALF } from '../kernels/lib/half.ts';
import type { FoldedTensor } from './fold.ts';

export type StorageType = 'f32' | 'f16' | 'int8';

export interface Encoded {
  entry: WeightsEntry;
  bytes: Uint8Array;
}

/** One tensor. For int8 its factors follow. Vectors stay float32, as do tensors that float16 cannot represent. */
export function encode(tensor: FoldedTensor, dtype: StorageType): Encoded[] {
  if (tensor.isMatrix && dtype === 'int8') return int8(tensor);
  if (tensor.isMatrix && dtype === 'f16' && fitsHalf(tensor.data)) return [half(tensor)];
  return [float(tensor.name, tensor.shape, tensor.data)];
}

export function fitsHalf(data: Float32Array): boolean {
  return data.every((value) => Math.abs(value) <= MAX_HALF);
}

function float(name: string, shape: number[], data: Float32Array): Encoded {
  return { entry: { name, shape, dtype: 'float32' }, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function half({ name, shape, data }: FoldedTensor): Encoded {
  const bits = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) bits[i] = halfBits(data[i] as number);
  return { entry: { name, shape, dtype: 'float32', quantization: { dtype: 'float16' } }, bytes: new Uint8Array(bits.buffer) };
}

/**
 * Integers from -127 to 127 times a factor for each output channel, which is its largest magnitude / 127. TF.js reads the
 * integers (uint8 - 128). The reader has to apply the factors.
 */
function int8({ name, shape, data }: FoldedTensor): Encoded[] {
  const channels = shape[0] ?? 1;
  const size = data.length / channels;
  const factors = new Float32Array(channels);
  const bytes = new Uint8Array(data.length);
  for (let o = 0; o < channels; o++) {
    let largest = 0;
    for (let i = o * size; i < (o + 1) * size; i++) largest = Math.max(largest, Math.abs(data[i] as number));
    factors[o] = largest / 127;
    const factor = factors[o] || 1;
    for (let i = o * size; i < (o + 1) * size; i++) {
      // If the factor was rounded down, the largest number would become 128.
      bytes[i] = 128 + Math.max(-127, Math.min(127, Math.round((data[i] as number) / factor)));
    }
  }
  const channelScale = `${name}.scale`;
  const quantization = { dtype: 'uint8', scale: 1, min: -128 } as const;
  return [{ entry: { name, shape, dtype: 'float32', quantization, channelScale }, bytes }, float(channelScale, [channels], factors)];
}
