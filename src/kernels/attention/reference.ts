import { inferShape } from '../../graph/ops.ts';
import { product } from '../../graph/shape.ts';
import type { PositionEnergyAttributes } from '../../graph/types.ts';
import { at, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

/** Used instead of minus infinity, which WGSL cannot express. Softmax turns it into zero. */
export const LOWEST = -3.4028234663852886e38;

/** Learned code of a distance: fc of the sines, then the cosines, of its multiples. One number for each channel. */
function code(a: PositionEnergyAttributes, fc: Float32Array | undefined, distance: number, channel: number): number {
  const quarter = a.features / 4;
  let sum = 0;
  for (let i = 0; i < quarter; i++) {
    const angle = (a.magnitude * distance) / 1000 ** ((4 * i) / a.features);
    sum += at(fc, channel * 2 * quarter + i) * Math.sin(angle) + at(fc, channel * 2 * quarter + quarter + i) * Math.cos(angle);
  }
  return sum / Math.SQRT2;
}

export const positionEnergy: Reference<'position_energy'> = (a, inputs, weights) => {
  const query = input(inputs);
  const read = reader(query);
  const shape = inferShape.position_energy(a, [query.shape], 'reference');
  const [n, heads, queries, keys] = size4(shape);
  const [qh, qw] = a.query;
  const [kh, kw] = a.key;
  const width = a.channels / a.heads;
  const codes = (fc: Float32Array | undefined, size: number, keySize: number) =>
    Array.from({ length: size }, (_, q) =>
      Array.from({ length: keySize }, (_, k) =>
        Float64Array.from({ length: a.channels }, (_, channel) => code(a, fc, q * a.queryStride - k * a.keyStride, channel)),
      ),
    );
  const [across, down] = [codes(weights.fc_x, qw, kw), codes(weights.fc_y, qh, kh)];
  /** The query of a head at a position, times a code. */
  const dot = (image: number, head: number, y: number, x: number, vector: Float64Array | undefined) => {
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const channel = head * width + j;
      const value = (a.useQuery ? read(image, channel, y, x) : 0) + (weights.bias ? at(weights.bias, channel) : 0);
      sum += value * (vector?.[channel] ?? Number.NaN);
    }
    return sum;
  };
  const data = new Float32Array(product(shape));
  let to = 0;
  for (let row = 0; row < n * heads; row++) {
    const [image, head] = [Math.floor(row / heads), row % heads];
    for (let q = 0; q < queries; q++) {
      const [y, x] = [Math.floor(q / qw), q % qw];
      const horizontal = Array.from({ length: kw }, (_, u) => dot(image, head, y, x, across[x]?.[u]));
      const vertical = Array.from({ length: kh }, (_, v) =>
        a.transposed ? dot(image, head, x, y, down[y]?.[v]) : dot(image, head, y, x, down[y]?.[v]),
      );
      for (let k = 0; k < keys; k++) data[to++] = (horizontal[k % kw] ?? Number.NaN) + (vertical[Math.floor(k / kw)] ?? Number.NaN);
    }
  }
  return { data, shape };
};

export const attentionMask: Reference<'attention_mask'> = (a, inputs) => {
  const energies = input(inputs);
  const [qh, qw] = a.query;
  const [kh, kw] = a.key;
  const near = (q: number, k: number) => Math.floor((q - a.range) / a.keyStride) <= k && k <= Math.floor((q + a.range + 1) / a.keyStride);
  const data = energies.data.map((energy, i) => {
    const [q, k] = [Math.floor(i / (kh * kw)) % (qh * qw), i % (kh * kw)];
    return near(Math.floor(q / qw), Math.floor(k / kw)) && near(q % qw, k % kw) ? energy : LOWEST;
  });
  return { data, shape: [...energies.shape] };
};
