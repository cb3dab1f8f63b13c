/** Convolutions whose weights are standardised per output channel. This is done once at load, so it costs nothing at run time. */
import type { Weights } from '../../graph/builder.ts';
import type { ConvAttributes } from '../../graph/types.ts';
import { type ConvLayer, convParts, keyOf } from '../layers.ts';

/** ConvWS: https://arxiv.org/abs/1903.10520 */
export function weightStandardized(eps: number): ConvLayer {
  return (net, x, name, out, kernel, o) => {
    const [attributes, weights] = convParts(net, x, name, out, kernel, o);
    return net.b.add('conv2d', name, [x], { ...attributes, standardize: { kind: 'ws', eps } }, weights);
  };
}

/** ConvAWS of DetectoRS, with gamma and beta beside the weight: https://arxiv.org/abs/2006.02334 */
export const adaptivelyStandardized: ConvLayer = (net, x, name, out, kernel, o) =>
  net.b.add('conv2d', name, [x], ...adaptiveParts(net, x, name, out, kernel, o));

export function adaptiveParts(...args: Parameters<ConvLayer>): [ConvAttributes, Weights] {
  const [net, , name, out] = args;
  const [attributes, weights] = convParts(...args);
  const buffer = (parameter: string, fallback: 'deviation' | 'mean') => ({
    key: keyOf(net, name, parameter),
    shape: [out, 1, 1, 1],
    learnable: false,
    fallback,
  });
  return [
    { ...attributes, standardize: { kind: 'aws', eps: 1e-5 } },
    { ...weights, gamma: buffer('weight_gamma', 'deviation'), beta: buffer('weight_beta', 'mean') },
  ];
}
