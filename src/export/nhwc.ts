/**
 * What formats with maps in NHWC have in common. Values have the graph's shapes, [n, c, h, w]; those that went through a map's
 * operation lie in NHWC, all others as their shape says, and are laid anew where an operation needs it.
 */
import type { Padding, Pair, Shape } from '../graph/types.ts';
import type { Value } from './target.ts';

/** Where NCHW's axes are in NHWC, and the other way round. */
export const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

export abstract class NhwcValues {
  readonly #maps = new WeakSet<Value>();

  /** A reshape of the numbers as they lie; `shape` is the result's. */
  protected abstract reshaped(x: Value, sizes: Shape, shape: Shape, isMap: boolean): Value;

  /** A transposition of the axes as they lie; the result's shape is that of the axes. */
  protected abstract transposed(x: Value, order: readonly number[], isMap: boolean): Value;

  protected value(name: string, shape: Shape, isMap: boolean): Value {
    const value = { name, shape };
    if (isMap) this.#maps.add(value);
    return value;
  }

  protected isMap(x: Value): boolean {
    return this.#maps.has(x);
  }

  /** Where an axis of the shape is in the value as it lies. */
  protected axis(x: Value, axis: number): number {
    return this.isMap(x) ? TO_NHWC.indexOf(axis) : axis;
  }

  /** Sizes of the value's axes as it lies. */
  protected sizes(x: Value): Shape {
    return this.isMap(x) ? nhwc(x.shape) : x.shape;
  }

  /** The value as NHWC. */
  protected map(x: Value): Value {
    return this.isMap(x) ? x : this.#relaid(x, nhwc(x.shape), TO_NHWC, true);
  }

  /** The value as its shape says. */
  protected plain(x: Value): Value {
    return this.isMap(x) ? this.#relaid(x, x.shape, TO_NCHW, false) : x;
  }

  /** Maps if one of them is; scalars stay scalars. */
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

/** With one channel or one pixel both layouts are the same numbers in the same order. */
export function isEitherLayout({ shape: [, c = 1, h = 1, w = 1] }: Value): boolean {
  return c === 1 || h * w === 1;
}

export function paddedShape(x: Value, [top, left, bottom, right]: Padding, [before, after]: Pair): number[] {
  const [n = 1, c = 1, h = 1, w = 1] = x.shape;
  return [n, before + c + after, top + h + bottom, left + w + right];
}
