/** Pixels for a texture, and the errors for those that are not available. */
import { ResnetError } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';

export interface Pixels {
  width: number;
  height: number;
  /** RGBA bytes, or a source for copyExternalImageToTexture that we own: a bitmap or frame. */
  content: Uint8Array<ArrayBuffer> | ImageBitmap | VideoFrame;
  /** Whether the exact bytes of a file are needed, including those under transparent pixels. */
  isFile?: boolean;
  /** Frees what was decoded here. What was taken belongs to the taker. */
  close(): void;
}

export type Drawable = HTMLImageElement | HTMLCanvasElement | OffscreenCanvas | HTMLVideoElement | VideoFrame | ImageBitmap;

/** The last resort. It loses the bytes under transparent pixels, and converts colours. */
export function drawn(source: Drawable): Pixels & { content: Uint8Array<ArrayBuffer> } {
  const [width, height] = sizeOf(source);
  try {
    const canvas =
      typeof OffscreenCanvas === 'undefined'
        ? Object.assign(document.createElement('canvas'), { width, height })
        : new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
    context.drawImage(source, 0, 0, width, height);
    const { buffer } = context.getImageData(0, 0, width, height).data;
    return { width, height, content: new Uint8Array(buffer), close: () => undefined };
  } catch (cause) {
    if ((cause as Error).name === 'SecurityError') throw taintedError(cause);
    throw imageError(`The ${tagOf(source)} of ${width}x${height} cannot be read: ${cause}.`, 'Pass it as a Blob or ImageBitmap.', cause);
  }
}

export function sizeOf(source: Drawable): [width: number, height: number] {
  if ('naturalWidth' in source) return [source.naturalWidth, source.naturalHeight];
  if ('videoWidth' in source) return [source.videoWidth, source.videoHeight];
  if ('displayWidth' in source) return [source.displayWidth, source.displayHeight];
  return [source.width, source.height];
}

export function imageError(what: string, hint: string, cause?: unknown): ResnetError {
  return new ResnetError('image', what, { layer: 'image', hint, cause });
}

export function taintedError(cause: unknown): ResnetError {
  return imageError(
    'The image is from another origin, so its pixels are locked.',
    "Set crossorigin='anonymous' before src, and let its server send Access-Control-Allow-Origin.",
    cause,
  );
}
