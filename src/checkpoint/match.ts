/** Matches the tensors of a checkpoint with the parameters of a graph, and finds what does not fit. */
import { product } from '../graph/shape.ts';
import type { Graph, ParameterSpec, Shape } from '../graph/types.ts';
import { backbonePrefix, checkpointKeys, schemes, storedKey } from './naming.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

/** A tensor that does not fit. */
export interface Problem {
  kind: 'mis-shaped' | 'missing' | 'unexpected';
  layer: string;
  parameter: string;
  /** Shape in the file. */
  shape?: Shape;
  /** Shape that the graph needs. */
  wanted?: Shape;
  /** Name in the file, or what it would be there. */
  name: string;
}

export interface Match {
  scheme: NamingScheme;
  /** Parameters that the checkpoint contains, by canonical key. */
  found: { key: string; spec: ParameterSpec; tensor: CheckpointTensor }[];
  /** Parameters that are derived from their layer's weight instead. */
  derived: { key: string; spec: ParameterSpec }[];
  problems: Problem[];
  ignoredKeys: string[];
}

/** Counters, masks that follow from the settings, and the recursive part of DetectoRS. */
const SILENT = /(^|\.)(num_batches_tracked|local_constraint_map)$|\.rfp_conv\./;
const HEAD = /^(fc|head|linear|last_linear|classifier)\./;

export function matchCheckpoint(graph: Graph, checkpoint: Checkpoint, strict: boolean): Match {
  const { tensors } = checkpoint;
  const { scheme, prefix, keys } = bestScheme(graph, checkpoint);
  const match: Match = { scheme, found: [], derived: [], problems: [], ignoredKeys: [] };
  const used = new Set<string>();
  for (const [key, spec] of parametersOf(graph)) {
    const name = keys.get(key) ?? key;
    const tensor = tensors.get(name);
    const wanted = spec.source?.shape ?? spec.shape;
    const [layer, parameter] = splitKey(storedKey(spec));
    if (tensor) {
      match.found.push({ key, spec, tensor });
      if (!used.has(name) && !sameShape(tensor.shape, wanted))
        match.problems.push({ kind: 'mis-shaped', layer, parameter, shape: tensor.shape, wanted, name });
    } else if (spec.fallback) match.derived.push({ key, spec });
    else if (!used.has(name)) match.problems.push({ kind: 'missing', layer, parameter, wanted, name });
    used.add(name);
  }
  const bare = !graph.outputs.some(({ kind }) => kind === 'logits');
  for (const [name, { shape }] of tensors) {
    if (used.has(name) || SILENT.test(name)) continue;
    const [layer, parameter] = splitKey(name);
    if (!strict || !name.startsWith(prefix) || (bare && HEAD.test(name.slice(prefix.length)))) match.ignoredKeys.push(name);
    else match.problems.push({ kind: 'unexpected', layer, parameter, shape, name });
  }
  return match;
}

interface MatchableArch {
  build(inputShape: readonly number[]): Graph;
  inputChannels: number;
  inputSize: readonly number[];
}

/** The match of a whole network, if the file has everything under a library's names. Reads nothing. */
export function matchWhole({ build, inputChannels, inputSize }: MatchableArch, checkpoint: Checkpoint, strict = true): Match | undefined {
  const match = matchCheckpoint(build([1, inputChannels, ...inputSize]), checkpoint, strict);
  return match.problems.length === 0 ? match : undefined;
}

/** Layer and parameter of a key. */
export function splitKey(key: string): [string, string] {
  const dot = key.lastIndexOf('.');
  return dot < 0 ? [key, key] : [key.slice(0, dot), key.slice(dot + 1)];
}

/** Parameters by canonical key. Several layers may share one. */
export function parametersOf(graph: Graph): Map<string, ParameterSpec> {
  return new Map(graph.nodes.flatMap(({ weights }) => Object.values(weights).map((spec): [string, ParameterSpec] => [spec.key, spec])));
}

/** The scheme with the most matching names. The file's own guess is tried first. */
function bestScheme(
  graph: Graph,
  { scheme: own, tensors }: Checkpoint,
): { scheme: NamingScheme; prefix: string; keys: Map<string, string> } {
  const prefix = backbonePrefix(tensors.keys());
  let best = { scheme: own, keys: new Map<string, string>(), found: -1 };
  for (const scheme of [...(own === 'unknown' ? [] : [own]), ...schemes.filter((one) => one !== own)]) {
    const keys = checkpointKeys(graph, scheme, (key) => tensors.has(key), prefix);
    let found = 0;
    for (const key of keys.values()) if (tensors.has(key)) found++;
    if (found > best.found) best = { scheme, keys, found };
    if (found === keys.size) break;
  }
  return { ...best, prefix };
}

/** Trailing axes of size 1 are ignored, because a linear layer may be stored as a 1x1 convolution. */
function sameShape(a: Shape, b: Shape): boolean {
  const short = Math.min(a.length, b.length);
  return product(a) === product(b) && a.slice(0, short).every((size, i) => size === b[i]);
}
