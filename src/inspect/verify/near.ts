/** Whether a GPU's numbers are those of the reference, or of another run of the same. Pure. */

/** In f32 the worst value of Winograd's F(4x4) is off by some 30 times what all are off by. */
const WORST = 50;

/** As a whole, and each value: among many, one that is wrong changes the whole little. */
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

/** To the last bit. */
export function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => Object.is(value, b[i]));
}
