/** Helpers for shapes. Separate from ops.ts, because the core does not need that file. */
import type { Shape } from './types.ts';

/** Number of elements. */
export function product(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Size of an axis. Negative axes count from the end. */
export function size(shape: Shape, axis: number): number {
  const found = shape.at(axis);
  if (found === undefined) throw new Error(`the shape [${shape.join(', ')}] has no axis ${axis}`);
  return found;
}

/** A map's sizes by name. A vector [n, c] is treated as a map of one pixel. */
export function nchw(shape: Shape): { n: number; c: number; h: number; w: number } {
  const [h = 1, w = 1] = shape.slice(2);
  return { n: size(shape, 0), c: size(shape, 1), h, w };
}
