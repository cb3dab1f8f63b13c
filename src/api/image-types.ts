/** Types of the public API: images, and what is said of them. */

/** Raw pixels, for places without a DOM: row-major RGB or RGBA bytes. */
export interface RawImage {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

export type ImageSource =
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | ImageBitmap
  | ImageData
  | Blob
  | URL
  | string
  | RawImage;

export interface Prediction {
  label: string;
  index: number;
  probability: number;
}

export interface CallOptions {
  /** A call that has not begun never begins; a running one finishes. */
  signal?: AbortSignal;
  /** See LoadOptions.background. */
  background?: boolean;
}

export interface ClassifyOptions extends CallOptions {
  /** How many classes, at most. Default 5. */
  topK?: number;
}
