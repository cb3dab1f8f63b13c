/** `buildGraph` with all that the architectures have. It is synchronous, so nothing can be fetched for it. */
import type { Graph } from '../graph/types.ts';
import { type Arch, buildGraph as build, type ResolveOptions } from './index.ts';
import * as variants from './variants.ts';

/** Expands an architecture for an input shape, [n, c, h, w]. Needs no GPU. */
export function buildGraph(arch: Arch, inputShape: readonly number[], options: Omit<ResolveOptions, 'variants'> = {}): Graph {
  return build(arch, inputShape, { ...options, variants });
}
