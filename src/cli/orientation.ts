/** EXIF orientation of JPEG files, applied to pixels as browsers do when decoding. */
import type { RawImage } from '../api/types.ts';

const ORIENTATION_TAG = 0x0112;

/** 1 to 8 from the EXIF standard. 1, upright, if the file does not say. */
export function jpegOrientation(file: Uint8Array): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 2;
  while (at + 4 <= file.length && file[at] === 0xff) {
    const marker = view.getUint16(at);
    const size = view.getUint16(at + 2);
    if (marker === 0xffe1 && isExif(file, at + 4)) {
      return orientationIn(new DataView(file.buffer, file.byteOffset + at + 10, Math.max(0, Math.min(size - 8, file.length - at - 10))));
    }
    // The picture data starts here. EXIF comes before it.
    if (marker === 0xffda) break;
    at += 2 + size;
  }
  return 1;
}

function isExif(file: Uint8Array, at: number): boolean {
  return String.fromCharCode(...file.subarray(at, at + 6)) === 'Exif\0\0';
}

/** @param tiff the TIFF structure inside the EXIF segment */
function orientationIn(tiff: DataView): number {
  if (tiff.byteLength < 14) return 1;
  const littleEndian = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, littleEndian);
  if (directory + 2 > tiff.byteLength) return 1;
  const count = tiff.getUint16(directory, littleEndian);
  for (let entry = directory + 2; entry < directory + 2 + count * 12 && entry + 12 <= tiff.byteLength; entry += 12) {
    if (tiff.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    const value = tiff.getUint16(entry + 8, littleEndian);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Rotates and mirrors RGBA pixels from the sensor's orientation to upright. */
export function upright({ data, width, height }: RawImage, orientation: number): RawImage {
  if (orientation === 1) return { data, width, height };
  const swapped = orientation >= 5;
  const [outWidth, outHeight] = swapped ? [height, width] : [width, height];
  // A copy, because a view into a pooled buffer may not be aligned to four bytes.
  const from = new Uint32Array(new Uint8Array(data).buffer);
  const to = new Uint32Array(width * height);
  // The standard's table, as flips of the source after swapping its axes.
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < outHeight; y += 1) {
    for (let x = 0; x < outWidth; x += 1) {
      const [u, v] = swapped ? [y, x] : [x, y];
      const sourceX = flipX ? width - 1 - u : u;
      const sourceY = flipY ? height - 1 - v : v;
      to[y * outWidth + x] = from[sourceY * width + sourceX] ?? 0;
    }
  }
  return { data: new Uint8Array(to.buffer), width: outWidth, height: outHeight };
}
