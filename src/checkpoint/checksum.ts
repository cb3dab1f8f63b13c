import type { Segments } from './segments.ts';

const SLICE_BYTES = 2 ** 22;

/** A 64-bit checksum of all bytes. It detects a newer version of a file, but not a forgery. Computed in slices of a few milliseconds. */
export async function checksum(bytes: Segments): Promise<string> {
  let [a, b] = [0x811c9dc5, 0x2545f491];
  for (let start = 0; start < bytes.size; start += SLICE_BYTES) {
    const slice = await bytes.read(start, Math.min(bytes.size, start + SLICE_BYTES));
    const whole = slice.byteOffset % 4 === 0 ? slice : slice.slice();
    const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
    // Multiplies by two odd numbers, as FNV and Murmur do. Multiplication carries each word into the higher bits, and rotation into the lower ones.
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as number;
      a = Math.imul(a ^ word, 0x01000193);
      b = Math.imul(((b << 13) | (b >>> 19)) ^ word, 0x5bd1e995);
    }
    for (const byte of whole.subarray(words.length * 4)) a = Math.imul(a ^ byte, 0x01000193);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return `${a >>> 0}.${b >>> 0}`;
}
