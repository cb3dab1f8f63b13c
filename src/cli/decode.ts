/** Decodes image files where there is no browser: PNG and JPEG. */
import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import type { RawImage } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { jpegOrientation, upright } from './orientation.ts';

type Format = 'PNG' | 'JPEG' | 'WebP' | 'GIF' | 'AVIF or HEIF' | 'BMP';

const SIGNATURES: [Format, offset: number, bytes: number[]][] = [
  ['PNG', 0, [0x89, 0x50, 0x4e, 0x47]],
  ['JPEG', 0, [0xff, 0xd8, 0xff]],
  ['WebP', 8, [0x57, 0x45, 0x42, 0x50]],
  ['GIF', 0, [0x47, 0x49, 0x46, 0x38]],
  ['AVIF or HEIF', 4, [0x66, 0x74, 0x79, 0x70]],
  ['BMP', 0, [0x42, 0x4d]],
];

const WHOLE = 'Check that the file is whole.';

export function imageFormat(file: Uint8Array): Format | undefined {
  return SIGNATURES.find(([, offset, bytes]) => bytes.every((byte, i) => file[offset + i] === byte))?.[0];
}

/** Whether `decodeImage` can read this file. A browser can read more formats. */
export function canDecode(file: Uint8Array): boolean {
  const format = imageFormat(file);
  return format === 'PNG' || format === 'JPEG';
}

/** What there is to say of a file that Chromium does not decode. */
export function undecodable(name: string, file: Uint8Array): ResnetError {
  const format = imageFormat(file);
  return format
    ? new ResnetError('image', `is a ${format} file that does not decode.`, { layer: name, hint: WHOLE })
    : new ResnetError('image', 'is not an image in a known format.', {
        layer: name,
        hint: 'Pass a PNG, JPEG, WebP, AVIF, GIF or BMP file.',
      });
}

/** @throws {ResnetError} `image` */
export function decodeImage(name: string, file: Uint8Array): RawImage {
  const format = imageFormat(file);
  if (format === 'PNG' || format === 'JPEG') {
    try {
      return format === 'PNG' ? decodePng(file) : decodeUprightJpeg(file);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ResnetError('image', `is a ${format} file that does not decode: ${reason}.`, {
        layer: name,
        hint: WHOLE,
        cause,
      });
    }
  }
  throw new ResnetError(
    'image',
    format ? `is ${format}; without a browser only PNG and JPEG are read.` : 'is not an image in a known format.',
    {
      layer: name,
      hint: format ? 'Convert it to PNG. The command reads it with --browser.' : 'Pass a PNG or JPEG file.',
    },
  );
}

function decodePng(file: Uint8Array): RawImage {
  // Indexed, grey and 16-bit files all become 8-bit RGBA.
  const { data, width, height } = PNG.sync.read(Buffer.from(file.buffer, file.byteOffset, file.byteLength));
  return { data, width, height };
}

function decodeUprightJpeg(file: Uint8Array): RawImage {
  const { data, width, height } = decodeJpeg(file, {
    useTArray: true,
    formatAsRGBA: true,
    maxResolutionInMP: 200,
    maxMemoryUsageInMB: 2048,
  });
  return upright({ data, width, height }, jpegOrientation(file));
}
