const built = '/dist/index.js';

/** The package as it was built. @returns {Promise<typeof import('../../../src/index.ts')>} */
export function library() {
  return import(built);
}

/** Reads a little-endian float32 .npy file, version 1. @param {string} url */
export async function readNpy(url) {
  const buffer = await (await fetch(url)).arrayBuffer();
  return new Float32Array(buffer.slice(10 + new DataView(buffer).getUint16(8, true)));
}

/** Logits of the first test image, a cat. */
export const catLogits = await readNpy('/test/checkpoints/reference/resnet20-12fca82f.image0.logits.npy');

/** @param {number[]} actual @param {Float32Array} expected */
export function compare(actual, expected) {
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
  if (!(worst <= 1e-3)) throw new Error(`logits differ by ${worst}`);
  return `logits within ${worst.toExponential(1)}`;
}
