/** Families with other blocks than the plain ones (Res2Net, ResNeSt, RegNet, deformable), found by the names of their first block. */
import { ranked } from './choose.ts';
import { tokensOf } from './tree-layers.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

const FIRST_BLOCK = /^(.*?)(?:layer1\.0|s1\.b1|trunk_output\.block1|encoder\.stages\.0\.layers\.0)\./;

export interface Stripped {
  found: string;
  others: string[];
  checkpoint: Checkpoint;
  /** The tensors that were under the trunk's name. The rest may be a head, or a detector. */
  inside: ReadonlyMap<string, CheckpointTensor>;
}

/** The same checkpoint without the prefix of the trunk's names, and without other copies. Undefined if there is no prefix. */
export function strip(checkpoint: Checkpoint): Stripped | undefined {
  const tensors = checkpoint.tree ?? checkpoint.tensors;
  const clean = new Map<string, string>();
  for (const path of tensors.keys()) clean.set(path, path.replace(/(^|\.)_\w+\.(?=.)/g, '$1'));
  const prefixes = new Set([...clean.values()].flatMap((path) => FIRST_BLOCK.exec(path)?.[1] ?? []));
  const trunks = [...prefixes].map((path) => ({
    path,
    tokens: tokensOf(path),
    width: 0,
    stem: [],
    stages: [],
    layers: new Set<never>(),
  }));
  const [best, ...others] = ranked(trunks);
  if (!best || (best.path === '' && !checkpoint.tree && [...clean].every(([path, name]) => path === name))) return undefined;
  const kept = new Map<string, CheckpointTensor>();
  const inside = new Map<string, CheckpointTensor>();
  for (const [path, tensor] of tensors) {
    const name = clean.get(path) ?? path;
    if (others.some((other) => other.path && name.startsWith(other.path) && !best.path.startsWith(other.path))) continue;
    if (name.startsWith(best.path)) inside.set(name.slice(best.path.length), tensor);
    kept.set(name.startsWith(best.path) ? name.slice(best.path.length) : name, tensor);
  }
  const dotless = (path: string) => path.replace(/\.$/, '');
  return {
    found: dotless(best.path),
    others: others.map(({ path }) => dotless(path)),
    checkpoint: { ...checkpoint, tensors: kept, tree: undefined },
    inside,
  };
}
