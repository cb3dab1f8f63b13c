/** The kernels' layout on the CPU, to fill buffers and to check them. */
import { halfBits, halfValue } from '../../src/kernels/lib/half.ts';
import { channelMap, groupsOf, type Precision, type View } from '../../src/kernels/lib/kernel.ts';

/** Fills everything that no kernel may touch. It is exact in f16. */
export const UNTOUCHED = 777;

function words(view: View): number {
  return view.n * view.h * view.w * view.stride * 4;
}

function toBytes(values: Float32Array, precision: Precision): ArrayBuffer {
  if (precision === 'f32') return values.slice().buffer;
  return Uint16Array.from(values, halfBits).buffer;
}

function fromBytes(bytes: ArrayBuffer, precision: Precision): Float32Array {
  return precision === 'f32' ? new Float32Array(bytes) : Float32Array.from(new Uint16Array(bytes), halfValue);
}

/** The values as stored in a buffer of this precision. */
export function rounded(values: Float32Array, precision: Precision): Float32Array {
  return fromBytes(toBytes(values, precision), precision);
}

/** Position in the buffer of each element of the NCHW tensor. */
function positions(view: View): Uint32Array {
  const map = channelMap(view.slices);
  const pixels = view.h * view.w;
  const out = new Uint32Array(view.n * map.length * pixels);
  let to = 0;
  for (let n = 0; n < view.n; n++) {
    for (const channel of map) {
      for (let p = 0; p < pixels; p++) out[to++] = ((n * pixels + p) * view.stride + view.offset) * 4 + channel;
    }
  }
  return out;
}

/** A buffer with the tensor in the view, zeros in its padding, and UNTOUCHED elsewhere. Without data, everything is UNTOUCHED. */
export function encodeView(view: View, precision: Precision, data?: Float32Array): ArrayBuffer {
  const values = new Float32Array(words(view)).fill(UNTOUCHED);
  if (data) {
    const width = groupsOf(view.slices) * 4;
    for (let i = view.offset * 4; i < values.length; i += view.stride * 4) values.fill(0, i, i + width);
    positions(view).forEach((to, i) => {
      values[to] = data[i] ?? 0;
    });
  }
  return toBytes(values, precision);
}

/** The tensor in the view. Throws if padding is not zero, or if something outside the view was written. */
export function decodeView(view: View, precision: Precision, bytes: ArrayBuffer): Float32Array {
  const values = fromBytes(bytes, precision);
  const inside = positions(view);
  const data = Float32Array.from(inside, (i) => values[i] ?? Number.NaN);
  const isData = new Uint8Array(values.length);
  for (const i of inside) isData[i] = 1;
  const width = groupsOf(view.slices) * 4;
  values.forEach((value, i) => {
    if (isData[i]) return;
    const channel = (i % (view.stride * 4)) - view.offset * 4;
    const padding = channel >= 0 && channel < width;
    if (value !== (padding ? 0 : UNTOUCHED)) {
      throw new Error(`${padding ? `padding channel ${channel}` : 'memory outside the view'} holds ${value}, item ${i} of the buffer`);
    }
  });
  return data;
}

/** Dense float32 with a margin of UNTOUCHED at the end, so that accesses there are noticed. */
export function encodeDense(length: number, data?: Float32Array): ArrayBuffer {
  const values = new Float32Array(Math.ceil(length / 4) * 4 + 4).fill(UNTOUCHED);
  if (data) values.set(data);
  return values.buffer;
}

export function decodeDense(length: number, bytes: ArrayBuffer): Float32Array {
  const values = new Float32Array(bytes);
  const after = values.subarray(length).findIndex((value) => value !== UNTOUCHED);
  if (after >= 0) throw new Error(`value ${after} after the end of ${length} was written`);
  return values.slice(0, length);
}
