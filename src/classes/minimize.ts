/** L-BFGS for smooth convex functions: Nocedal & Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5. */
import type { Pace } from '../util/pace.ts';

const MEMORY = 12;

/** Value at `x`; writes the gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  /** Stops when no component of the gradient is larger. */
  tolerance: number;
  maxSteps: number;
  pace: Pace;
}

/** Moves `x` to the minimum. */
export async function minimize(f: Objective, x: Float64Array, { tolerance, maxSteps, pace }: MinimizeOptions): Promise<void> {
  const n = x.length;
  let [gradient, next] = [new Float64Array(n), new Float64Array(n)];
  const direction = new Float64Array(n);
  const from = new Float64Array(n);
  const pairs: { s: Float64Array; y: Float64Array; sy: number }[] = [];
  let value = f(x, gradient);
  for (let step = 0; step < maxSteps && largest(gradient) > tolerance; step++) {
    descend(gradient, pairs, direction);
    const slope = dot(gradient, direction);
    if (slope >= 0) return;
    from.set(x);
    let length = pairs.length ? 1 : Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
    let reached = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 30; tries++, length /= 2) {
      if (pace.due) await pace.rest();
      for (let i = 0; i < n; i++) x[i] = (from[i] as number) + length * (direction[i] as number);
      reached = f(x, next);
      if (reached <= value + 1e-4 * length * slope) break;
    }
    // The value cannot get lower in float64.
    if (!(reached < value)) {
      x.set(from);
      return;
    }
    const { s, y } = pairs.length === MEMORY ? (pairs.shift() as (typeof pairs)[0]) : { s: new Float64Array(n), y: new Float64Array(n) };
    for (let i = 0; i < n; i++) {
      s[i] = (x[i] as number) - (from[i] as number);
      y[i] = (next[i] as number) - (gradient[i] as number);
    }
    const sy = dot(s, y);
    if (sy > 0) pairs.push({ s, y, sy });
    [gradient, next, value] = [next, gradient, reached];
  }
}

/** -H g, by the two-loop recursion. */
function descend(gradient: Float64Array, pairs: readonly { s: Float64Array; y: Float64Array; sy: number }[], out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = -(gradient[i] as number);
  const alphas = pairs.map(() => 0);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { s, y, sy } = pairs[k] as (typeof pairs)[0];
    const alpha = dot(s, out) / sy;
    alphas[k] = alpha;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) - alpha * (y[i] as number);
  }
  const last = pairs.at(-1);
  if (last) {
    const scale = last.sy / dot(last.y, last.y);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) * scale;
  }
  pairs.forEach(({ s, y, sy }, k) => {
    const beta = (alphas[k] as number) - dot(y, out) / sy;
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + beta * (s[i] as number);
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
