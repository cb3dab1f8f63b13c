/** Compares a GPU's numbers with the reference, or with another run. Pure. */

/** In f32, the worst value of Winograd's F(4x4) has about 30 times the average error. */
const WORST = 50;

/** Compares the whole and each value, because one wrong value among many changes the error of the whole only a little. */
export function isNear(actual: Float32Array, expected: Float32Array, tolerance: number): boolean {
  let [squares, norm, worst] = [0, 0, 0];
  expected.forEach((value, i) => {
    const error = (actual[i] ?? Number.NaN) - value;
    squares += error ** 2;
    worst = Math.max(worst, Math.abs(error));
    norm += value ** 2;
  });
  const usual = norm === 0 ? 1 : Math.sqrt(norm);
  return Math.sqrt(squares) / usual <= tolerance && (worst * Math.sqrt(expected.length)) / usual <= tolerance * WORST;
}

/** Equal to the last bit. */
export function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Object.is(value, b[i]));
}
