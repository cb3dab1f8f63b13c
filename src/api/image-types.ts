/** Types of the public API: images, and what is said of them. */

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
 * Whatever holds a picture. A string or URL is an address to fetch. A Blob or File is decoded (PNG, JPEG, WebP, AVIF, GIF, BMP in
 * browsers; PNG and JPEG in Node, Deno and Bun).
 *
 * EXIF orientation is applied, colour profiles are ignored, alpha is dropped, and grey is repeated, as Pillow's `convert('RGB')` does.
 * Elements must be loaded. The picture is taken as it is when the call is made, so it may be changed or closed immediately after.
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
  /** Name of the class; its number as text where nothing names the classes (see `ModelInfo.labels`). */
  label: string;
  /** Position among the logits, from 0. Of one logit with two labels: position among the labels. */
  index: number;
  /** 0 to 1. By softmax they add up to 1 over all classes; by sigmoid each class stands for itself. With `scores: 'none'` the logit as it is. */
  probability: number;
}

/** What every call takes. */
export interface CallOptions {
  /** A call that has not begun never begins, and rejects with `aborted`. A running one finishes. */
  signal?: AbortSignal;
  /** Whether this call runs in slices of about 4 ms. Default: what `LoadOptions.background` says. */
  background?: boolean;
}

/** What `classify` and `stream` take. */
export interface ClassifyOptions extends CallOptions {
  /** How many classes, at most; a whole number from 1. Default 5. */
  topK?: number;
}
