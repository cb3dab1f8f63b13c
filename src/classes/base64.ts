/** Numbers as base64 of their bytes, little-endian. (Uint8Array.toBase64 is not in every browser yet.) */

const CHUNK = 0x8000;

export function floatsToBase64(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

/** Undefined if it is not base64, or has another length. */
export function floatsFromBase64(text: unknown, length: number): Float32Array | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (bytes.length !== 4 * length) return undefined;
    const values = new Float32Array(bytes.buffer);
    return values.every(Number.isFinite) ? values : undefined;
  } catch {
    return undefined;
  }
}
