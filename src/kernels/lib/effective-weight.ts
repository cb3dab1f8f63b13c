/** The weights of weight-standardised convolutions in plain JavaScript, for references. */
import type { ConvAttributes } from '../../graph/types.ts';
import { at, mean, type ReferenceWeights } from './reference-common.ts';

/** The weight after standardisation, plus SAC's difference. */
export function effectiveWeight(a: ConvAttributes, { weight, gamma, beta, diff }: ReferenceWeights): Float32Array | undefined {
  const standard = a.standardize ? standardized(a, weight, gamma, beta) : weight;
  return diff ? standard?.map((value, i) => value + at(diff, i)) : standard;
}

/** Weight standardisation as in mmcv's ConvWS2d, mmdet's ConvAWS2d and BiT's StdConv2d. */
function standardized(a: ConvAttributes, weight: Float32Array | undefined, gamma?: Float32Array, beta?: Float32Array): Float32Array {
  const { kind, eps } = a.standardize ?? { kind: 'ws', eps: 0 };
  const out = new Float32Array(weight?.length ?? 0);
  const size = out.length / a.outChannels;
  for (let o = 0; o < a.outChannels; o++) {
    const average = mean(size, (i) => at(weight, o * size + i));
    const variance = (mean(size, (i) => (at(weight, o * size + i) - average) ** 2) * size) / (kind === 'bit' ? size : size - 1);
    const deviation = kind === 'ws' ? Math.sqrt(variance) + eps : Math.sqrt(variance + eps);
    for (let i = 0; i < size; i++) {
      const normal = (at(weight, o * size + i) - average) / deviation;
      out[o * size + i] = kind !== 'aws' ? normal : normal * at(gamma, o) + at(beta, o);
    }
  }
  return out;
}
