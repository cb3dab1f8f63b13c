/**
 * Shared by the formats with NHWC maps. Values have the graph's shapes, [n, c, h, w]. Results of operations on maps are stored
 * in NHWC, all others as their shape says. They are transposed where an operation needs the other layout.
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';
import type { Value } from './target.ts';

/** The permutation from NCHW to NHWC, and back. */
export const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

export abstract class NhwcValues {
  readonly #maps = new WeakSet<Value>();

  /** Reshapes the numbers in stored order. `shape` is the result's. */
  protected abstract reshaped(x: Value, sizes: Shape, shape: Shape, isMap: boolean): Value;

  /** Transposes the stored axes. The result's shape is that of the axes. */
  protected abstract transposed(x: Value, order: readonly number[], isMap: boolean): Value;

  protected value(name: string, shape: Shape, isMap: boolean): Value {
    const value = { name, shape };
    if (isMap) this.#maps.add(value);
    return value;
  }

  protected isMap(x: Value): boolean {
    return this.#maps.has(x);
  }

  /** Index of an axis of the shape in the stored layout. */
  protected axis(x: Value, axis: number): number {
    return this.isMap(x) ? TO_NHWC.indexOf(axis) : axis;
  }

  /** Sizes of the value's axes in the stored layout. */
  protected sizes(x: Value): Shape {
    return this.isMap(x) ? nhwc(x.shape) : x.shape;
  }

  /** The value in NHWC. */
  protected map(x: Value): Value {
    return this.isMap(x) ? x : this.#relaid(x, nhwc(x.shape), TO_NHWC, true);
  }

  /** The value in the order of its shape. */
  protected plain(x: Value): Value {
    return this.isMap(x) ? this.#relaid(x, x.shape, TO_NCHW, false) : x;
  }

  /** All in NHWC if one of them is. Scalars stay scalars. */
  protected alike(values: Value[]): Value[] {
    const isMap = values.some((value) => this.isMap(value));
    return values.map((value) => (isMap && value.shape.length === 4 ? this.map(value) : value));
  }

  #relaid(x: Value, sizes: Shape, order: readonly number[], isMap: boolean): Value {
    if (isEitherLayout(x)) return this.reshaped(x, sizes, x.shape, isMap);
    return this.value(this.transposed(x, order, isMap).name, x.shape, isMap);
  }
}

export function nhwc(shape: Shape): number[] {
  return TO_NHWC.map((axis) => shape[axis] ?? 1);
}

/** With one channel or one pixel, both layouts have the same order. */
export function isEitherLayout({ shape: [, c = 1, h = 1, w = 1] }: Value): boolean {
  return c === 1 || h * w === 1;
}

export function paddedShape(x: Value, [top, left, bottom, right]: Padding, [before, after]: Pair): number[] {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return [n, before + c + after, top + h + bottom, left + w + right];
}
