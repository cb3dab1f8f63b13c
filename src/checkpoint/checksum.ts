import type { Segments } from './segments.ts';

const SLICE_BYTES = 2 ** 22;

/** Of all bytes, 64 bits: tells a file from its next version, not from a forgery. Computed in slices of some milliseconds. */
export async function checksum(bytes: Segments): Promise<string> {
  let [a, b] = [0x811c9dc5, 0x2545f491];
  for (let start = 0; start < bytes.size; start += SLICE_BYTES) {
    const slice = await bytes.read(start, Math.min(bytes.size, start + SLICE_BYTES));
    const whole = slice.byteOffset % 4 === 0 ? slice : slice.slice();
    const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length >> 2);
    // Two multiplications by odd numbers, as in FNV and Murmur; each word reaches every higher bit, the rotations the lower ones.
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
