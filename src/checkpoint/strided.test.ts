import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { product } from '../graph/shape.ts';
import { extent, gather, isContiguous, type Strided } from './strided.ts';

/** Element by element, following the definition: sum of index times stride. */
function naive(from: ArrayLike<number>, { shape, stride }: Strided): number[] {
  return Array.from({ length: product(shape) }, (_, flat) => {
    let rest = flat;
    let at = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      at += (rest % size) * (stride[axis] as number);
      rest = Math.floor(rest / size);
    }
    return from[at] as number;
  });
}

const layouts = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 12 })), { maxLength: 5 })
  .map((axes) => ({ offset: 0, shape: axes.map(([size]) => size), stride: axes.map(([, step]) => step) }));

describe('gather', () => {
  test('any shape and strides, zero strides and overlaps included, in every element width', () => {
    fc.assert(
      fc.property(layouts, fc.constantFrom(Uint8Array, Uint16Array, Uint32Array), (layout, Unit) => {
        const source = new Unit(Array.from({ length: extent(layout) }, (_, i) => i * 7));
        const got = gather(new Uint8Array(source.buffer), Unit.BYTES_PER_ELEMENT, layout);
        expect([...new Unit(got.buffer as ArrayBuffer)]).toEqual(naive(source, layout));
      }),
    );
  });

  test('int64 keeps every bit', () => {
    const source = BigInt64Array.of(-1n, 2n ** 62n + 1n, 3n, 0x7ff0000000000001n);
    const got = gather(new Uint8Array(source.buffer), 8, { offset: 0, shape: [2, 2], stride: [1, 2] });
    expect([...new BigInt64Array(got.buffer as ArrayBuffer)]).toEqual([-1n, 3n, 2n ** 62n + 1n, 0x7ff0000000000001n]);
  });

  test('a tensor without elements, and one without axes', () => {
    expect(gather(new Uint8Array(), 4, { offset: 0, shape: [2, 0, 3], stride: [3, 3, 1] })).toEqual(new Uint8Array());
    expect(gather(Uint8Array.of(1, 2, 3, 4), 4, { offset: 0, shape: [], stride: [] })).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});

describe('isContiguous', () => {
  test.each([
    [[2, 3, 4], [12, 4, 1], true],
    [[2, 1, 4], [4, 99, 1], true],
    [[], [], true],
    [[2, 3, 4], [12, 1, 3], false],
    [[3, 3], [0, 1], false],
    [[4], [2], false],
  ])('%j with strides %j: %s', (shape, stride, expected) => {
    expect(isContiguous({ offset: 0, shape, stride })).toBe(expected);
  });
});
