import { concat } from './pickle-writer.ts';

export interface SafetensorsEntry {
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

/** A file of these tensors, the header padded with spaces to a multiple of 8 as the reference writer does. */
export function safetensors(entries: Record<string, SafetensorsEntry>, metadata?: Record<string, string>): Uint8Array<ArrayBuffer> {
  let at = 0;
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  for (const [name, { dtype, shape, bytes }] of Object.entries(entries)) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  return safetensors.raw(JSON.stringify(header), concat(...Object.values(entries).map(({ bytes }) => bytes)));
}

/** Any header text before any data. */
safetensors.raw = (header: string, data: Uint8Array): Uint8Array<ArrayBuffer> => {
  const text = new TextEncoder().encode(header + ' '.repeat(-new TextEncoder().encode(header).length & 7));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return concat(length, text, data);
};
