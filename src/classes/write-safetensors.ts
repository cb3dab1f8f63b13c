/** Writes a safetensors file: https://github.com/huggingface/safetensors#format */

export interface Entry {
  dtype: 'F32' | 'F16';
  shape: readonly number[];
  bytes: Uint8Array;
}

/** As in the reference writer, spaces pad the header to a multiple of 8, so that tensors of floats are aligned. */
export function safetensors(entries: ReadonlyMap<string, Entry>, metadata: Record<string, string>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let length = 0;
  // Wide types first, so that none of them is at an odd multiple of 2.
  const sorted = [...entries].sort(([, a], [, b]) => Number(a.dtype === 'F16') - Number(b.dtype === 'F16'));
  for (const [name, { dtype, shape, bytes }] of sorted) {
    header[name] = { dtype, shape, data_offsets: [length, length + bytes.length] };
    length += bytes.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(start + length).fill(0x20, 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(text, 8);
  let at = start;
  for (const [, { bytes }] of sorted) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

export function floats(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
