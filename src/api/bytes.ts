/**
 * Bytes in unshared memory, which `new Blob([bytes])` accepts. TypeScript 5.7 and later write it `Uint8Array<ArrayBuffer>`. This type means
 * the same, and also works with earlier versions.
 */
export type Bytes = Uint8Array & {
  /** Their memory, which is not shared with other threads. */
  readonly buffer: ArrayBuffer;
};
