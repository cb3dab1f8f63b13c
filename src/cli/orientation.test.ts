import { describe, expect, it } from 'vitest';
import { jpegOrientation, upright } from './orientation.ts';

/** SOI, APP0, then an APP1 with one IFD entry. */
function jpegWith(orientation: number, littleEndian: boolean): Uint8Array {
  const tiff = new DataView(new ArrayBuffer(26));
  tiff.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  tiff.setUint16(2, 42, littleEndian);
  tiff.setUint32(4, 8, littleEndian);
  tiff.setUint16(8, 1, littleEndian);
  tiff.setUint16(10, 0x0112, littleEndian);
  tiff.setUint16(12, 3, littleEndian);
  tiff.setUint32(14, 1, littleEndian);
  tiff.setUint16(18, orientation, littleEndian);
  const exif = [...new TextEncoder().encode('Exif\0\0'), ...new Uint8Array(tiff.buffer)];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xe1, 0, exif.length + 2, ...exif, 0xff, 0xda, 0, 2]);
}

describe('jpegOrientation', () => {
  it.each([true, false])('reads the tag, little endian %s', (littleEndian) => {
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      expect(jpegOrientation(jpegWith(orientation, littleEndian))).toBe(orientation);
    }
  });

  it('takes what is absent, out of range or cut off as upright', () => {
    expect(jpegOrientation(Uint8Array.of(0xff, 0xd8, 0xff, 0xda, 0, 2))).toBe(1);
    expect(jpegOrientation(jpegWith(9, true))).toBe(1);
    const whole = jpegWith(6, true);
    for (let length = 0; length < whole.length; length += 1) expect([1, 6]).toContain(jpegOrientation(whole.slice(0, length)));
  });
});

describe('upright', () => {
  // A 3x2 picture of an L. The viewer sees the pixels a b c / d e f.
  const seen = ['abc', 'def'];
  // How a camera stores it in each orientation (https://exiftool.org/TagNames/EXIF.html, Orientation).
  const stored: Record<number, string[]> = {
    1: ['abc', 'def'],
    2: ['cba', 'fed'],
    3: ['fed', 'cba'],
    4: ['def', 'abc'],
    5: ['ad', 'be', 'cf'],
    6: ['cf', 'be', 'ad'],
    7: ['fc', 'eb', 'da'],
    8: ['da', 'eb', 'fc'],
  };

  it.each(Object.entries(stored))('turns orientation %s upright', (orientation, rows) => {
    const bytes = rows.flatMap((row) => [...row].flatMap((letter) => [letter.charCodeAt(0), 0, 0, 255]));
    const image = upright({ data: Uint8Array.from(bytes), width: rows[0]?.length ?? 0, height: rows.length }, Number(orientation));
    const letters = Array.from({ length: image.width * image.height }, (_, i) => String.fromCharCode(image.data[i * 4] ?? 0)).join('');
    expect({ width: image.width, height: image.height, letters }).toEqual({ width: 3, height: 2, letters: seen.join('') });
  });
});
