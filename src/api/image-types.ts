/** Types of the public API: images, and the predictions for them. */

/** Raw pixels, for places without a DOM: bytes row by row from the top left, RGB or RGBA. */
export interface RawImage {
  /** `width * height * 3` bytes (RGB) or `* 4` (RGBA, alpha is dropped), 0 to 255. */
  data: Uint8Array | Uint8ClampedArray;
  /** In pixels. */
  width: number;
  /** In pixels. */
  height: number;
}

/**
 * Anything that contains a picture. A string or URL is an address to fetch. A Blob or File is decoded (PNG, JPEG, WebP, AVIF, GIF, BMP in
 * browsers; PNG and JPEG in Node, Deno and Bun).
 *
 * EXIF orientation is applied, colour profiles are ignored, alpha is dropped, and grey is repeated, as Pillow's `convert('RGB')` does.
 * Elements must be loaded. The picture is read when the call is made, so it may be changed or closed immediately after.
 */
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

/** A class with its probability. */
export interface Prediction {
  /** Name of the class, or its number as text if classes have no names (see `ModelInfo.labels`). */
  label: string;
  /** Index of the logit, from 0. For one logit with two labels: index of the label. */
  index: number;
  /** 0 to 1. With softmax they add up to 1 over all classes. With sigmoid each class is independent. With `scores: 'none'` it is the logit. */
  probability: number;
}

/** Options of every call. */
export interface CallOptions {
  /** A call that has not started never starts, and rejects with `aborted`. A running one finishes. */
  signal?: AbortSignal;
  /** Whether this call runs in slices of about 4 ms. Default: what `LoadOptions.background` says. */
  background?: boolean;
}

/** Options of `classify` and `stream`. */
export interface ClassifyOptions extends CallOptions {
  /** Maximum number of classes; an integer from 1. Default 5. */
  topK?: number;
}
