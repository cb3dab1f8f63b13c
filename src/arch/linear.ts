import type { Net } from './layers.ts';

/** Adds a linear layer after a pooled vector or another layer. */
export function linear(net: Net, x: string, name: string, out: number, bias = true): string {
  const weight = { shape: [out, net.b.channels(x)] };
  return net.b.add('linear', name, [x], { outFeatures: out, bias }, bias ? { weight, bias: { shape: [out] } } : { weight });
}
