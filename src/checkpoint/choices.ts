/**
 * `info.assumed` when a file is loaded with an alternative as `arch`. Every alternative differs from the guess in one place. This
 * combines the differences, so that a second choice keeps the first one.
 */

import type { Assumption } from '../api/types.ts';
import type { Arch } from '../arch/index.ts';
import { ResnetError } from '../util/errors.ts';
import { guessArch } from './guess.ts';
import { isDict } from './metadata.ts';
import type { Checkpoint } from './types.ts';

type Config = Readonly<Record<string, unknown>>;
/** New values by path. Undefined if the value was removed. */
type Change = ReadonlyMap<string, unknown>;

/** Empty if `archSpec` is not one of the file's alternatives. Then the caller knows the network. */
export function assumedOfChoice(checkpoint: Checkpoint, archSpec: Arch, head: 'none' | undefined): Assumption[] {
  if (typeof archSpec !== 'object') return [];
  const chosen = whole(archSpec as Config);
  const { norm_cfg: norm } = chosen.backbone as Config;
  try {
    const { base, assumed } = guessArch(checkpoint, { head, norm });
    return base ? (seenFrom(chosen, whole(base as Config), assumed) ?? []) : [];
  } catch (error) {
    if (error instanceof ResnetError) return [];
    throw error;
  }
}

/** A classifier. A bare backbone counts as one without a head. */
const whole = (arch: Config): Config => (arch.type === 'ImageClassifier' ? arch : { type: 'ImageClassifier', backbone: arch });

function seenFrom(chosen: Config, base: Config, assumed: readonly Assumption[]): Assumption[] | undefined {
  const open = assumed.map((one) => {
    const others = one.alternatives.map(({ value, arch }) => ({ value, change: arch && difference(base, whole(arch as Config)) }));
    let taken: { value: unknown; change: Change } | undefined;
    for (const { value, change } of others) {
      const isSo = change?.size && [...change].every(([path, to]) => isSame(at(chosen, path), to));
      if (isSo && change.size > (taken?.change.size ?? 0)) taken = { value, change };
    }
    return { one, others, taken };
  });
  const undo = (config: Config, change: Change) => changed(config, new Map([...change.keys()].map((path) => [path, at(base, path)])));
  const rest = open.reduce((config, { taken }) => (taken ? undo(config, taken.change) : config), chosen);
  if (difference(base, rest).size) return undefined;
  return open.map(({ one, others, taken }): Assumption => {
    const usual = taken ? undo(chosen, taken.change) : chosen;
    const alternatives = others
      .filter(({ value }) => value !== taken?.value)
      .map(({ value, change }) => ({ value, ...(change && { arch: changed(usual, change) as AlternativeArch }) }));
    if (!taken) return { ...one, alternatives };
    return {
      what: one.what,
      value: taken.value,
      why: `Chosen by arch. ${one.why}`,
      alternatives: [{ value: one.value, arch: usual as AlternativeArch }, ...alternatives],
    };
  });
}

type AlternativeArch = NonNullable<Assumption['alternatives'][number]['arch']>;

const isList = (value: unknown): value is readonly Config[] => Array.isArray(value) && value.every(isDict);
const isNode = (value: unknown) => isDict(value) || isList(value);
const isSame = (a: unknown, b: unknown) => difference({ a }, { a: b }).size === 0;

/** Arrays of numbers are compared as a whole. Layers of a head are compared one by one. */
function difference(a: Config, b: Config): Change {
  const found = new Map<string, unknown>();
  const visit = (x: unknown, y: unknown, path: string[]) => {
    if (isNode(x) && isNode(y) && Array.isArray(x) === Array.isArray(y)) {
      const [left, right] = [x as Config, y as Config];
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) visit(left[key], right[key], [...path, key]);
    } else if (JSON.stringify(x) !== JSON.stringify(y)) found.set(path.join('/'), y);
  };
  visit(a, b, []);
  return found;
}

function at(config: Config, path: string): unknown {
  return path.split('/').reduce<unknown>((node, key) => (isNode(node) ? (node as Config)[key] : undefined), config);
}

function changed(config: Config, change: Change): Config {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const [path, value] of change) {
    const keys = path.split('/');
    const last = keys.pop() ?? '';
    let node: Record<string, unknown> | undefined = copy;
    for (const key of keys) node = isNode(node?.[key]) ? (node?.[key] as Record<string, unknown>) : undefined;
    if (!node) continue;
    if (value !== undefined) node[last] = structuredClone(value);
    else if (Array.isArray(node)) node.length = Math.min(node.length, Number(last));
    else delete node[last];
  }
  return copy;
}
