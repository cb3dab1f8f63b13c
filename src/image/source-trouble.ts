/** Handling of rare problems with images. Fetched when one occurs. */
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { drawn, imageError, type Pixels, taintedError } from './pixels.ts';

/** How long a <video> with data may take to show a frame, and how often to ask if it does not report frames. */
const FRAME_PATIENCE_MS = 2000;
const FRAME_INTERVAL_MS = 100;

/** Chromium has no picture of a blob: video at `loadeddata`; the first one comes some frames later if the video is in the page. */
export async function firstFrame(video: HTMLVideoElement, refused: unknown, signal: AbortSignal | undefined): Promise<ImageBitmap> {
  const start = performance.now();
  for (let cause = refused; ; ) {
    throwIfAborted(signal);
    if (performance.now() - start > FRAME_PATIENCE_MS) {
      throw imageError(
        `The <video> has data, but for ${FRAME_PATIENCE_MS / 1000} s it showed no frame.`,
        'Play it or put it into the page, and wait for requestVideoFrameCallback.',
        cause,
      );
    }
    await new Promise<unknown>((resolve) => {
      const handle = video.requestVideoFrameCallback?.(resolve);
      setTimeout(() => resolve(handle !== undefined && video.cancelVideoFrameCallback(handle)), FRAME_INTERVAL_MS);
    });
    try {
      return await createImageBitmap(video);
    } catch (error) {
      if ((error as Error).name === 'SecurityError') throw taintedError(error);
      cause = error;
    }
  }
}

/** If the GPU process is lost, its pictures are lost with it, and read as nothing. */
export function recovered(pixels: Pixels): Pixels {
  if (pixels.content instanceof Uint8Array) return pixels;
  const again = drawn(pixels.content);
  pixels.close();
  if (again.content.some((byte) => byte > 0)) return again;
  throw new ResnetError('device-lost', 'The GPU was lost, and with it the picture that it held.', {
    layer: 'image',
    hint: 'Call again with the picture as it is now.',
  });
}

/** The error of one of several images, with its index. */
export function numbered(error: unknown, i: number): unknown {
  if (!(error instanceof ResnetError) || !['image', 'network'].includes(error.code)) return error;
  const { code, layer, hint, message } = error;
  const what = message.slice(layer === undefined ? 0 : layer.length + 3, -hint.length - 1);
  const place = layer === undefined || layer === 'image' ? '' : `: ${layer}`;
  return new ResnetError(code, what, { layer: `images[${i}]${place}`, hint, cause: error });
}
