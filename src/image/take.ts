/**
 * Copies pixels when a call is made. The call returns long before an image's turn comes, and by then a canvas shows the next
 * frame, a bitmap is closed, an array is overwritten or transferred. In the core, since nothing may be awaited.
 */
import type { ImageSource, RawImage } from '../api/types.ts';
import { tagOf } from '../util/tag.ts';

/** An image that belongs to us until it is closed. */
export interface TakenImage {
  /** The image, if it can be read at any time (files, addresses, copies). Otherwise what `copy` was made from. */
  source: ImageSource;
  /** What an element, canvas or bitmap showed. Rejects if the browser has nothing to show. */
  copy?: Promise<ImageBitmap>;
  close(): void;
}

/** Exact bytes: no multiplication by alpha, no colour conversion. */
export const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' };

/** Never throws: the error for an image that cannot be taken comes when it is opened. */
export function take(source: ImageSource): TakenImage {
  const kind = tagOf(source);
  const nothing = () => undefined;
  try {
    const { data, width, height } = source as RawImage;
    // Not slice(), because a Node Buffer's shares its bytes.
    if (data?.BYTES_PER_ELEMENT === 1) return { source: { data: new Uint8Array(data), width, height }, close: nothing };
    if (kind === 'VideoFrame') {
      const copy = (source as VideoFrame).clone();
      return { source: copy, close: () => copy.close() };
    }
    if (/^(HTML|Off|ImageB)/.test(kind)) {
      // The browser copies before it returns the promise. Canvases and videos are copied as shown.
      const copy = createImageBitmap(source as ImageBitmap, /Im/.test(kind) ? EXACT : {});
      copy.catch(nothing);
      return { source, copy, close: () => void copy.then((bitmap) => bitmap.close(), nothing) };
    }
  } catch {}
  return { source: kind === 'URL' ? new URL(source as URL) : source, close: nothing };
}
