/**
 * From any image that a caller may have to a source for textures, with the exact bytes of the file.
 *
 * The same as Pillow's convert('RGB'): EXIF orientation is applied, colour profiles are ignored, bytes under transparent pixels are kept. Only
 * createImageBitmap has options for that, so files and <img> go through it. It needs no DOM, so it works in workers. Without a browser,
 * PNG and JPEG files are decoded in JavaScript (outside.ts).
 */

import type { ImageSource, RawImage } from '../api/types.ts';
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';
import { checkSize } from './geometry.ts';
import * as lazy from './lazy.ts';
import { type Drawable, drawn, imageError, type Pixels, sizeOf, taintedError } from './pixels.ts';
import { EXACT, type TakenImage } from './take.ts';

export interface OpenOptions {
  signal?: AbortSignal;
  /** Whether a GPU process was lost since the image was taken. Its bitmaps and frames may be lost with it. */
  afterLoss?: boolean;
}

/** A frame may have to be rotated or mirrored for display, in browsers that tell. */
type Turnable = VideoFrame & { rotation?: number; flip?: boolean };

/** @throws ResnetError `image`, `network`, `aborted`, `device-lost` */
export async function openPixels({ source, copy }: TakenImage, { signal, afterLoss }: OpenOptions = {}): Promise<Pixels> {
  throwIfAborted(signal);
  const kind = imageKind(source);
  if (kind === 'raw') return rawPixels(source as RawImage);
  const file = () => (/^(String|URL)$/.test(kind) ? download(String(source), signal) : (source as Blob));
  // Every browser with WebGPU has this class, in workers too. Deno has not, and cannot read an image's pixels.
  if (typeof OffscreenCanvasRenderingContext2D === 'undefined')
    return rawPixels(await (await lazy.imagesOutside()).decodeOutside(kind, file, source));
  const pixels = copy
    ? await openCopy(copy, kind, source as Drawable, signal)
    : kind === 'VideoFrame'
      ? await openFrame(source as VideoFrame)
      : await openFile(await file());
  if (signal?.aborted) pixels.close();
  throwIfAborted(signal);
  if (afterLoss && (copy || kind === 'VideoFrame')) return (await lazy.imageTrouble()).recovered(pixels);
  return pixels;
}

function imageKind(source: ImageSource): string {
  if (ArrayBuffer.isView((source as RawImage | null)?.data)) return 'raw';
  const name = tagOf(source);
  if (name === 'File') return 'Blob';
  if (/^(String|URL|Blob|HTML(Image|Canvas|Video)Element|OffscreenCanvas|VideoFrame|ImageBitmap)$/.test(name)) return name;
  throw imageError(
    `${name} is not an image.`,
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
  // A name and a password are nobody's business but the server's.
  const shown = (text: string) => text.replace(/\/\/[^/?#\s]*@/g, '//');
  let status: string;
  try {
    const response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return await response.blob();
    status = `HTTP ${response.status}`;
  } catch (cause) {
    throwIfAborted(signal);
    status = shown(String(cause));
  }
  throw new ResnetError('network', `The image did not arrive: ${status}.`, {
    layer: shown(url).slice(0, 100),
    hint: 'Check the address; another origin must allow it by CORS.',
  });
}

async function openFile(file: Blob): Promise<Pixels> {
  try {
    const bitmap = await createImageBitmap(file, EXACT);
    // By its first bytes, because servers and renamed files may call a PNG a JPEG.
    const [a, b] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    return await exactPixels(bitmap, a === 0xff && b === 0xd8);
  } catch (cause) {
    throw imageError(
      `The file does not decode (${file.size} bytes${file.type && `, type '${file.type}'`}).`,
      'Use a PNG, JPEG, WebP, AVIF or GIF file that the browser can show.',
      cause,
    );
  }
}

async function openCopy(copy: Promise<ImageBitmap>, kind: string, source: Drawable, signal?: AbortSignal): Promise<Pixels> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await copy;
  } catch (cause) {
    if ((cause as Error).name === 'SecurityError') throw taintedError(cause);
    checkReady(kind, source);
    // Drawing an image that the browser calls unusable gives black.
    if (kind !== 'HTMLVideoElement') return drawn(source);
    const { firstFrame } = await lazy.imageTrouble();
    const late = await firstFrame(source as HTMLVideoElement, cause, signal);
    return external(late, () => late.close());
  }
  // An element's copy was decoded from a file, and may have bytes under transparent pixels.
  if (kind === 'HTMLImageElement') return exactPixels(bitmap, false, () => undefined);
  return external(bitmap);
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

/** Frames of cameras and videos go to the GPU unchanged. Frames with alpha are read as bytes, and frames to be rotated are drawn. */
async function openFrame(frame: Turnable): Promise<Pixels> {
  checkSize(...sizeOf(frame));
  const { visibleRect, displayWidth, displayHeight } = frame;
  const isTurned = frame.rotation || frame.flip || visibleRect?.width !== displayWidth || visibleRect.height !== displayHeight;
  // createImageBitmap squeezes such a frame into its size before it rotates it (seen in Chromium 156).
  if (isTurned) return drawn(frame);
  const bytes = await frameBytes(frame);
  return bytes ? rawPixels({ data: bytes, width: displayWidth, height: displayHeight }) : external(frame);
}

/** A bitmap that was made with EXACT, or its bytes if a texture would not get exactly these. */
async function exactPixels(bitmap: ImageBitmap, isOpaque: boolean, close = () => bitmap.close()): Promise<Pixels> {
  const { width, height } = bitmap;
  const bytes = isOpaque ? undefined : await straightBytes(bitmap);
  if (!bytes) return { ...external(bitmap, close), isFile: true };
  close();
  return rawPixels({ data: bytes, width, height });
}

/**
 * RGBA bytes of a bitmap that is not opaque. Firefox's copyExternalImageToTexture multiplies by alpha and divides again,
 * whatever it is asked, and so loses bits, all of them under alpha 0 (seen in 153); the way over a VideoFrame keeps them.
 */
async function straightBytes(bitmap: ImageBitmap): Promise<Uint8Array | undefined> {
  if (typeof VideoFrame === 'undefined') return undefined;
  let frame: Turnable | undefined;
  try {
    // Chromium leaves EXIF orientation to the display.
    frame = new VideoFrame(bitmap, { timestamp: 0 });
    return frame.rotation || frame.flip ? undefined : await frameBytes(frame);
  } catch {
    return undefined;
  } finally {
    frame?.close();
  }
}

/** RGBA bytes of a frame that has alpha. */
async function frameBytes(frame: VideoFrame): Promise<Uint8Array | undefined> {
  if (!/^(RGB|BGR)A$/.test(frame.format ?? '')) return undefined;
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
}

function external(content: ImageBitmap | VideoFrame, close: () => void = () => undefined): Pixels {
  const [width, height] = sizeOf(content);
  checkSize(width, height);
  return { width, height, content, close };
}
