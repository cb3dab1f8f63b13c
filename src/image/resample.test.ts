import { describe, expect, it } from 'vitest';
import { differences, noise, tolerance, vectors } from '../../test/preprocess/vectors.ts';
import { resizeReference } from './resample.reference.ts';
import { filterTaps, PRECISION_BITS } from './resample.ts';

describe('filterTaps', () => {
  it('gives Pillow equal parts of two pixels where the image halves', () => {
    const { taps, first, coefficients } = filterTaps('pillow', 'bilinear', 8, 4, 1, 1);
    expect(taps).toBe(4);
    expect([...first]).toEqual([1]);
    expect([...coefficients].map((c) => c / 2 ** PRECISION_BITS)).toEqual([0.125, 0.375, 0.375, 0.125]);
  });

  it('gives OpenCV two taps whatever the scale, without antialiasing', () => {
    const { taps, first, coefficients } = filterTaps('opencv', 'bilinear', 100, 10);
    expect(taps).toBe(2);
    expect([...first].slice(0, 3)).toEqual([4, 14, 24]);
    expect([...coefficients].slice(0, 2)).toEqual([1024, 1024]);
  });

  it('computes a range of outputs as it computes the whole', () => {
    for (const kernel of ['pillow', 'opencv'] as const) {
      for (const filter of ['bilinear', 'bicubic'] as const) {
        const whole = filterTaps(kernel, filter, 97, 31);
        const part = filterTaps(kernel, filter, 97, 31, 10, 7);
        expect(part.first).toEqual(whole.first.slice(10, 17));
        for (let i = 0; i < 7; i++) {
          const row = whole.coefficients.subarray((10 + i) * whole.taps, (11 + i) * whole.taps);
          expect([...part.coefficients.subarray(i * part.taps, (i + 1) * part.taps)]).toEqual([...row.slice(0, part.taps)]);
          expect(row.slice(part.taps).every((c) => c === 0)).toBe(true);
        }
      }
    }
  });
});

describe('resizeReference', () => {
  it.each(vectors)('equals $kernel $filter, $from to $to', (vector) => {
    const { kernel, filter, seed, from, to, bytes } = vector;
    const [width, height] = from;
    const image = { data: noise(seed, width * height * 3), width, height, channels: 3 };
    const { count, most } = differences(resizeReference(image, [to[1], to[0]], filter, kernel).data, bytes);
    expect(most).toBeLessThanOrEqual(tolerance(vector).most);
    expect(count).toBeLessThanOrEqual(tolerance(vector).count);
  });
});
