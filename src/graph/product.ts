/** Number of elements of a shape. Apart from ops.ts, which the core does without. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
