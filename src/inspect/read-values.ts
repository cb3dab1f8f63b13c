/** Reads values from GPU memory, and compares them with expected ones. */
import { halfValue } from '../kernels/lib/half.ts';
import { channelMap, type Precision, type View } from '../kernels/lib/kernel.ts';

/** From the kernels' layout to dense NCHW. */
export function fromView(bytes: ArrayBuffer, view: View, precision: Precision): Float32Array {
  const map = channelMap(view.slices);
  const pixels = view.h * view.w;
  const data = new Float32Array(view.n * map.length * pixels);
  const floats = precision === 'f32' ? new Float32Array(bytes) : undefined;
  const bits = precision === 'f16' ? new Uint16Array(bytes) : undefined;
  let to = 0;
  for (let n = 0; n < view.n; n++) {
    for (const channel of map) {
      for (let p = 0; p < pixels; p++) {
        const from = ((n * pixels + p) * view.stride + view.offset) * 4 + channel;
        data[to++] = floats ? (floats[from] ?? 0) : halfValue(bits?.[from] ?? 0);
      }
    }
  }
  return data;
}

/** Relative L2 error. NaN if values are missing. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  let squares = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i] ?? 0;
    squares += ((actual[i] ?? Number.NaN) - e) ** 2;
    norm += e ** 2;
  }
  return norm === 0 ? Math.sqrt(squares) : Math.sqrt(squares / norm);
}
