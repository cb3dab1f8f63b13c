/** A network ready for a model: its graph for the input size, its default outputs, and its kernels. */

import type { LoadOptions } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import type { Graph } from '../graph/types.ts';
import { type OpSet, opsFor } from '../kernels/families.ts';
import type { LocatedSource } from './locate.ts';

export interface PreparedNetwork {
  arch: ResolvedArch;
  /** Shape of the input that it is prepared for, [n, c, h, w]. */
  shape: number[];
  graph: Graph;
  /** Default outputs of a run. */
  outputs: string[];
  /** What the planner needs for the network, whatever the input size. Rarer networks fetch it. */
  ops: OpSet;
}

/** @param inputSize what the checkpoint says. The caller takes precedence, then the repository or converted model */
export async function prepareNetwork(
  arch: ResolvedArch,
  located: LocatedSource,
  options: LoadOptions,
  inputSize = arch.inputSize,
): Promise<PreparedNetwork> {
  const shape = [options.batch ?? 1, arch.inputChannels, ...(options.inputSize ?? located.card?.inputSize ?? inputSize)];
  const graph = arch.build(shape);
  const { logits, features } = arch.defaultRun;
  const isWanted = ({ kind, stage }: Graph['outputs'][number]) =>
    kind === 'logits' ? logits : kind === 'feature' && stage !== undefined && features.includes(stage);
  return { arch, shape, graph, outputs: graph.outputs.filter(isWanted).map(({ node }) => node), ops: await opsFor(graph) };
}

/** Swaps in the authors' test recipe if `preprocess` is 'test'. */
export function atTest(arch: ResolvedArch, { source }: LocatedSource): ResolvedArch {
  return source.preprocess === 'test' ? { ...arch, ...arch.test } : arch;
}
