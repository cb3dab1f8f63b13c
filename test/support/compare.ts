/** The error of a result compared with its reference, and its tolerance. */

export interface Difference {
  /** ||actual - expected|| / ||expected||, L2. */
  relative: number;
  largest: number;
}

export interface Tolerance {
  relative: number;
  /** An alternative to `relative`: sufficient if the reference itself is this uncertain. */
  largest?: number;
}

export const F16: Tolerance = { relative: 1e-2 };

/** Relative 1e-4, or four times the error of PyTorch's own float32 run. */
export function f32(referenceError = 0): Tolerance {
  return { relative: 1e-4, largest: 4 * referenceError };
}

interface TensorLike {
  data: ArrayLike<number>;
  shape: number[];
}

/** Throws if shapes differ or a value is not finite, including the reference's: comparisons with NaN never find a difference. */
export function difference(actual: TensorLike, expected: TensorLike): Difference {
  if (actual.shape.join() !== expected.shape.join()) {
    throw new Error(`shape is [${actual.shape.join(', ')}], expected [${expected.shape.join(', ')}]`);
  }
  if (actual.data.length !== expected.data.length) {
    throw new Error(`${actual.data.length} values, expected ${expected.data.length}`);
  }
  let [squares, norm, largest] = [0, 0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [a, e] = [actual.data[i] ?? Number.NaN, expected.data[i] ?? Number.NaN];
    if (!Number.isFinite(a) || !Number.isFinite(e)) throw new Error(`value ${i} is ${a}, expected ${e}`);
    squares += (a - e) ** 2;
    norm += e ** 2;
    largest = Math.max(largest, Math.abs(a - e));
  }
  return { relative: norm === 0 ? Math.sqrt(squares) : Math.sqrt(squares / norm), largest };
}

/** Throws unless the result is within tolerance. Returns the relative error. */
export function expectClose(what: string, actual: TensorLike | undefined, expected: TensorLike, tolerance: Tolerance): number {
  if (!actual) throw new Error(`${what} is missing`);
  const { relative, largest } = difference(actual, expected);
  if (relative <= tolerance.relative || largest <= (tolerance.largest ?? 0)) return relative;
  const alternative = tolerance.largest ? ` and largest ${largest.toExponential(1)} above ${tolerance.largest.toExponential(1)}` : '';
  throw new Error(`${what}: relative error ${relative.toExponential(1)} is above ${tolerance.relative.toExponential(0)}${alternative}`);
}

/**
 * Throws unless every row has its largest value at the reference's index. A row whose two largest reference values differ by less than the
 * row's error is ignored.
 */
export function expectSameTop1(actual: TensorLike, expected: TensorLike): void {
  const width = expected.shape.at(-1) ?? 1;
  for (let row = 0; row * width < expected.data.length; row++) {
    const at = (tensor: TensorLike) => Array.from({ length: width }, (_, i) => tensor.data[row * width + i] ?? Number.NaN);
    const [a, e] = [at(actual), at(expected)];
    const error = Math.max(...a.map((value, i) => Math.abs(value - (e[i] ?? 0))));
    const [first = 0, second = Number.NEGATIVE_INFINITY] = e.toSorted((x, y) => y - x);
    const [wanted, got] = [e.indexOf(first), a.indexOf(Math.max(...a))];
    if (wanted !== got && first - second > error) throw new Error(`row ${row}: class ${got} wins, expected ${wanted}`);
  }
}
