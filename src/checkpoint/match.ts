/** Which tensor of a checkpoint is which parameter of a graph, and what does not fit. */
import { product } from '../graph/ops.ts';
import type { Graph, ParameterSpec, Shape } from '../graph/types.ts';
import { backbonePrefix, checkpointKeys, schemes } from './naming.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

export interface Match {
  scheme: NamingScheme;
  /** Parameters that the checkpoint has, by canonical key. */
  found: { key: string; spec: ParameterSpec; tensor: CheckpointTensor }[];
  /** Parameters that are derived from their layer's weight instead. */
  derived: { key: string; spec: ParameterSpec }[];
  /** One line each: `[layer] what`. */
  problems: { misshapen: string[]; missing: string[]; unexpected: string[] };
  ignoredKeys: string[];
}

/** Counters, masks that follow from the settings, and the recursive part of DetectoRS. */
const SILENT = /(^|\.)(num_batches_tracked|local_constraint_map)$|\.rfp_conv\./;
const HEAD = /^(fc|head|linear|last_linear|classifier)\./;

export function matchCheckpoint(graph: Graph, checkpoint: Checkpoint, strict: boolean): Match {
  const { tensors } = checkpoint;
  const { scheme, prefix, keys } = bestScheme(graph, checkpoint);
  const match: Match = { scheme, found: [], derived: [], problems: { misshapen: [], missing: [], unexpected: [] }, ignoredKeys: [] };
  const used = new Set<string>();
  for (const [key, spec] of parametersOf(graph)) {
    const name = keys.get(key) ?? key;
    const tensor = tensors.get(name);
    const shape = spec.source?.shape ?? spec.shape;
    const [layer, parameter] = splitKey(key);
    if (tensor) {
      used.add(name);
      match.found.push({ key, spec, tensor });
      if (!sameShape(tensor.shape, shape)) {
        match.problems.misshapen.push(`[${layer}] ${parameter} is ${tensor.shape.join('x') || 'a scalar'}, the architecture needs ${shape.join('x')}.`);
      }
    } else if (spec.fallback) {
      match.derived.push({ key, spec });
    } else {
      match.problems.missing.push(`[${layer}] ${parameter} (${shape.join('x')}) is missing; its name in ${scheme} checkpoints is '${name}'.`);
    }
  }
  const bare = !graph.outputs.some(({ kind }) => kind === 'logits');
  for (const [name, { shape }] of tensors) {
    if (used.has(name) || SILENT.test(name)) continue;
    if (!strict || !name.startsWith(prefix) || (bare && HEAD.test(name.slice(prefix.length)))) match.ignoredKeys.push(name);
    else match.problems.unexpected.push(`[${splitKey(name)[0]}] '${name}' (${shape.join('x') || 'scalar'}) is unexpected.`);
  }
  return match;
}

/** Layer and parameter of a key. */
export function splitKey(key: string): [string, string] {
  const dot = key.lastIndexOf('.');
  return dot < 0 ? [key, key] : [key.slice(0, dot), key.slice(dot + 1)];
}

/** Parameters by canonical key; layers may share them. */
export function parametersOf(graph: Graph): Map<string, ParameterSpec> {
  return new Map(graph.nodes.flatMap(({ weights }) => Object.values(weights).map((spec): [string, ParameterSpec] => [spec.key, spec])));
}

/** The scheme under whose names most parameters are there; the file's own guess goes first. */
function bestScheme(graph: Graph, { scheme: own, tensors }: Checkpoint): { scheme: NamingScheme; prefix: string; keys: Map<string, string> } {
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

/** Trailing axes of size 1 do not matter: a linear layer may be stored as a 1x1 convolution. */
function sameShape(a: Shape, b: Shape): boolean {
  const short = Math.min(a.length, b.length);
  return product(a) === product(b) && a.slice(0, short).every((size, i) => size === b[i]);
}
