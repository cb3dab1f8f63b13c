/**
 * Any image that a caller may have -> something that a texture takes, with the bytes that the file holds.
 *
 * As Pillow's convert('RGB') sees a picture: EXIF orientation applied, colour profiles ignored, bytes under
 * transparent pixels kept. Only createImageBitmap can be asked for that, so files and <img> go through it.
 * No DOM is needed, so this works in workers; without createImageBitmap (Node) raw bytes are all that is left.
 */
import { ResnetError, throwIfAborted } from '../errors.ts';
import type { ImageSource, RawImage } from '../types.ts';
import { checkSize } from './geometry.ts';

export interface Pixels {
  width: number;
  height: number;
  /** RGBA bytes, or what copyExternalImageToTexture accepts. */
  content: Uint8Array<ArrayBuffer> | GPUCopyExternalImageSource;
  /** Frees what was decoded; never the caller's own object. */
  close(): void;
}

/** Whether this browser copies such an image into a texture. */
type Accepts = (image: GPUCopyExternalImageSource) => boolean;

type Drawable = Exclude<ImageSource, Blob | URL | string | RawImage>;

export async function openPixels(source: ImageSource, accepts: Accepts, signal?: AbortSignal): Promise<Pixels> {
  throwIfAborted(signal);
  const kind = kindOf(source);
  if (kind === 'raw') return rawPixels(source as RawImage);
  if (typeof createImageBitmap === 'undefined') {
    throw imageError(
      `${kind} cannot be decoded here: there is no createImageBitmap.`,
      'Decode it first and pass { data, width, height } with RGB or RGBA bytes.',
    );
  }
  if (kind === 'String' || kind === 'URL') source = await download(String(source), signal);
  const file = kindOf(source) === 'Blob';
  if (!file) checkReady(kind, source as Drawable);
  const pixels = await decode(source as Blob | Drawable, file || kind === 'HTMLImageElement', accepts);
  if (signal?.aborted) pixels.close();
  throwIfAborted(signal);
  return pixels;
}

/** The class's name, also of objects from other windows, where instanceof fails. */
function kindOf(source: ImageSource): string {
  if (ArrayBuffer.isView((source as RawImage | null)?.data)) return 'raw';
  const name = Object.prototype.toString.call(source).slice(8, -1);
  if (name === 'File') return 'Blob';
  if (/^(String|URL|Blob|HTML(Image|Canvas|Video)Element|OffscreenCanvas|VideoFrame|ImageBitmap)$/.test(name)) return name;
  throw imageError(
    `${name} is no image.`,
    'Pass an <img>, canvas, video, ImageBitmap, ImageData, VideoFrame, Blob, URL or { data, width, height }.',
  );
}

function rawPixels({ data, width, height }: RawImage): Pixels {
  checkSize(width, height);
  const pixels = width * height;
  if (data.BYTES_PER_ELEMENT !== 1 || (data.length !== pixels * 3 && data.length !== pixels * 4)) {
    throw imageError(
      `${data.length} ${data.BYTES_PER_ELEMENT === 1 ? 'bytes' : 'elements of several bytes'} do not fit ${width}x${height} pixels.`,
      `Pass ${pixels * 3} bytes (RGB) or ${pixels * 4} bytes (RGBA).`,
    );
  }
  let bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
  if (data.length === pixels * 3) {
    bytes = new Uint8Array(pixels * 4);
    for (let from = 0, to = 0; from < data.length; to++) {
      for (let c = 0; c < 3; c++) bytes[to++] = data[from++] ?? 0;
    }
  }
  return { width, height, content: bytes, close: () => undefined };
}

async function download(url: string, signal: AbortSignal | undefined): Promise<Blob> {
  let status: string;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return await response.blob();
    status = `HTTP ${response.status}`;
  } catch (cause) {
    throwIfAborted(signal);
    status = String(cause);
  }
  throw new ResnetError('network', `The image did not arrive: ${status}.`, {
    layer: url.slice(0, 100),
    hint: 'Check the address; another origin must allow it by CORS.',
  });
}

function checkReady(kind: string, source: Drawable): void {
  const [width, height] = sizeOf(source);
  if (kind === 'HTMLImageElement' && !(width && (source as HTMLImageElement).complete)) {
    throw imageError('The <img> is not loaded, or is broken.', 'Await img.decode() first, and check its src.');
  }
  if (kind === 'HTMLVideoElement' && (source as HTMLVideoElement).readyState < 2) {
    throw imageError('The <video> has no frame yet.', "Wait for its 'loadeddata' event.");
  }
  checkSize(width, height);
}

async function decode(source: Blob | Drawable, bitmapFirst: boolean, accepts: Accepts): Promise<Pixels> {
  try {
    if (!bitmapFirst && accepts(source as Drawable)) return external(source as Drawable);
    const bitmap = await createImageBitmap(source, { premultiplyAlpha: 'none', colorSpaceConversion: 'none' });
    if (accepts(bitmap)) {
      const { width, height } = bitmap;
      const bytes = (source as Blob).type === 'image/jpeg' ? undefined : await straightBytes(bitmap);
      if (!bytes) return external(bitmap, () => bitmap.close());
      bitmap.close();
      return rawPixels({ data: bytes, width, height });
    }
    bitmap.close();
  } catch (cause) {
    if ((cause as Error).name === 'SecurityError') throw taintedError(cause);
    if (kindOf(source) === 'Blob') {
      const { type, size } = source as Blob;
      throw imageError(
        `The file does not decode (${size} bytes, type '${type}').`,
        'Use a PNG, JPEG, WebP, AVIF or GIF file that the browser can show.',
        cause,
      );
    }
  }
  return drawn(source as Drawable);
}

/**
 * RGBA bytes of a bitmap that is not opaque. Firefox's copyExternalImageToTexture multiplies by alpha and divides again,
 * whatever it is asked, and so loses bits, all of them under alpha 0 (seen in 153); the way over a VideoFrame keeps them.
 */
async function straightBytes(bitmap: ImageBitmap): Promise<Uint8Array | undefined> {
  if (typeof VideoFrame === 'undefined') return undefined;
  // Chromium leaves EXIF orientation to the display.
  const frame: VideoFrame & { rotation?: number; flip?: boolean } = new VideoFrame(bitmap, { timestamp: 0 });
  try {
    if (!/^(RGB|BGR)A$/.test(frame.format ?? '') || frame.rotation || frame.flip) return undefined;
    const bytes = new Uint8Array(frame.allocationSize());
    await frame.copyTo(bytes);
    if (frame.format === 'BGRA') {
      for (let i = 0; i < bytes.length; i += 4) {
        const blue = bytes[i] ?? 0;
        bytes[i] = bytes[i + 2] ?? 0;
        bytes[i + 2] = blue;
      }
    }
    return bytes;
  } finally {
    frame.close();
  }
}

function external(content: Drawable, close: () => void = () => undefined): Pixels {
  const [width, height] = sizeOf(content);
  return { width, height, content: content as GPUCopyExternalImageSource, close };
}

/** The last resort: loses the bytes under transparent pixels, and converts colours. */
function drawn(source: Drawable): Pixels {
  const [width, height] = sizeOf(source);
  try {
    const canvas =
      typeof OffscreenCanvas === 'undefined'
        ? Object.assign(document.createElement('canvas'), { width, height })
        : new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
    context.drawImage(source as CanvasImageSource, 0, 0, width, height);
    return rawPixels(context.getImageData(0, 0, width, height));
  } catch (cause) {
    if ((cause as Error).name === 'SecurityError') throw taintedError(cause);
    throw imageError(`The ${kindOf(source)} of ${width}x${height} cannot be read: ${cause}.`, 'Pass it as a Blob or ImageBitmap.', cause);
  }
}

function sizeOf(source: Drawable): [width: number, height: number] {
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
