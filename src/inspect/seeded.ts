/** The seed. xorshift32 must not start at 0, and never reaches it. */
export const DEFAULT_SEED = 0x9e3779b9;

/** An input of the given shape, uniform in [-2, 2), the same on all machines (xorshift32). */
export function seededInput(shape: readonly number[], seed = DEFAULT_SEED): Float32Array {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = ((state >>> 0) / 2 ** 32) * 4 - 2;
  }
  return data;
}
