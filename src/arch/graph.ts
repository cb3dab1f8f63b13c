/** `buildGraph` with all that the architectures have. It is synchronous, so nothing can be fetched for it. */
import type { Graph } from '../graph/types.ts';
import { type Arch, buildGraph as build, type Keys } from './index.ts';
import * as variants from './variants.ts';

/** What `buildGraph` takes besides. */
export interface GraphOptions {
  /** Classes of the head. Default: what `keys` tell, else what the architecture says. */
  numClasses?: number;
  /** The tensors of a checkpoint (`readCheckpoint(…).tensors`), which tell the classes and the variant of shortcuts. */
  keys?: Keys;
}

/**
 * Expands an architecture for an input shape: layers, shapes, parameters, multiply-adds. Needs no GPU and no weights.
 *
 * @param arch a name, or a configuration
 * @param inputShape [n, c, h, w]
 * @param options what a checkpoint or a caller knows beside the configuration
 * @throws {ResnetError} `unknown-arch` for a name, `config` for a setting that the reference refuses, too, `unsupported` for one that cannot
 * run yet, `shape` for an input that a layer cannot take
 * @example
 * ```ts
 * import { buildGraph } from 'resnet-webgpu';
 *
 * const { parameters, macs, nodes } = buildGraph('resnet50', [1, 3, 224, 224]);
 * console.log(parameters, macs, nodes.map(({ name }) => name)); // 25557032, 4089184256, …
 * ```
 */
export function buildGraph(arch: Arch, inputShape: readonly number[], options: GraphOptions = {}): Graph {
  return build(arch, inputShape, { ...options, variants });
}
