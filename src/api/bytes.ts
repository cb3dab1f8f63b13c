/**
 * Bytes in memory of their own, which `new Blob([bytes])` takes. TypeScript 5.7 and later write it `Uint8Array<ArrayBuffer>`; this means the
 * same to those before it, too.
 */
export type Bytes = Uint8Array & {
  /** Their memory, which is not shared with other threads. */
  readonly buffer: ArrayBuffer;
};
