/** `buildGraph` with all architectures included. It is synchronous, so it cannot fetch anything. */
import type { Graph } from '../graph/types.ts';
import { type Arch, buildGraph as build, type Keys } from './index.ts';
import * as variants from './variants.ts';

/** Options of `buildGraph`. */
export interface GraphOptions {
  /** Classes of the head. Default: from `keys`, otherwise from the architecture. */
  numClasses?: number;
  /** The tensors of a checkpoint (`readCheckpoint(…).tensors`). They tell the number of classes and the kind of shortcuts. */
  keys?: Keys;
}

/**
 * Expands an architecture for an input shape into layers, shapes, parameter counts and multiply-adds. Needs no GPU and no weights.
 *
 * @param arch a name, or a configuration
 * @param inputShape [n, c, h, w]
 * @param options facts from a checkpoint or from the caller that the configuration does not contain
 * @throws {ResnetError} `unknown-arch` for an unknown name, `config` for a setting that the reference refuses, too, `unsupported` for one
 * that cannot run yet, `shape` for an input that does not fit a layer
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
