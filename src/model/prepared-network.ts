/** A network as a model runs it: its graph for the input size, and what a run gives. Pure. */

import type { LoadOptions } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import type { Graph } from '../graph/types.ts';
import type { LocatedSource } from './locate.ts';

export interface PreparedNetwork {
  arch: ResolvedArch;
  /** Of the input that it is prepared for, [n, c, h, w]. */
  shape: number[];
  graph: Graph;
  /** Nodes whose values a run gives unless asked otherwise. */
  outputs: string[];
}

/** @param inputSize what the checkpoint says; the caller goes before, then the repository or converted model */
export function networkOf(arch: ResolvedArch, located: LocatedSource, options: LoadOptions, inputSize = arch.inputSize): PreparedNetwork {
  const shape = [options.batch ?? 1, arch.inputChannels, ...(options.inputSize ?? located.inputSize ?? inputSize)];
  const graph = arch.build(shape);
  const { logits, features } = arch.defaultRun;
  const isWanted = ({ kind, stage }: Graph['outputs'][number]) =>
    kind === 'logits' ? logits : kind === 'feature' && stage !== undefined && features.includes(stage);
  return { arch, shape, graph, outputs: graph.outputs.filter(isWanted).map(({ node }) => node) };
}

/** With the recipe that the authors test with, where that is asked for. */
export function atTest(arch: ResolvedArch, { source }: LocatedSource): ResolvedArch {
  return source.preprocess === 'test' ? { ...arch, ...arch.test } : arch;
}
