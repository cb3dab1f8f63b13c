/** Chooses among the names that a file mentions the one that fits its contents, and what that determines. */

import type { Assumption } from '../api/types.ts';
import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import { type Arch, parseNetwork } from '../arch/index.ts';
import { buildNetwork } from '../arch/network.ts';
import * as variants from '../arch/variants.ts';
import { ResnetError } from '../util/errors.ts';
import { assumptions } from './assume.ts';
import { fits } from './fits.ts';
import { known } from './known.ts';
import { outline } from './outline.ts';
import type { TreeReading } from './read-tree.ts';
import type { HeadConfig } from './reading.ts';
import { type SaidName, saidNames } from './said-names.ts';
import { type General, structureOf } from './structure.ts';

export interface Said extends SaidName {
  /** With its own head. If the file has none, as a bare backbone. */
  arch: Arch;
  /** The same trunk as a structure, for the alternatives. */
  config: General;
}

/** A name determines the properties that nobody changes in a named network. But people do dilate stages and remove the stem's pooling. */
export const SETTLED = ['style', 'eps', 'activation', 'shortcut', 'aa_layer', 'avg_down', 'middle', 'attention'] as const;

export function saidNetwork(reading: TreeReading, wanted: 'none' | undefined): Said | undefined {
  const names = saidNames(reading.checkpoint);
  const structure = names.length ? structureOf(reading, true) : undefined;
  if (!structure) return undefined;
  const { checkpoint, head } = reading;
  const asClassifier = wanted !== 'none' && head.config?.head?.type === 'LinearClsHead' && head.tensors.has('head.fc.bias');
  const trunk = { ...checkpoint, tensors: new Map([...checkpoint.tensors].filter(([key]) => !head.tensors.has(key))) };
  for (const said of names) {
    if (!fits(said.bare, trunk, outline(trunk.tensors))) continue;
    const config = sameTrunk(said.bare, known(structure, reading).config, reading);
    if (config) return { ...said, config, arch: asClassifier ? said.name : said.bare };
  }
  return undefined;
}

/** Also offers what the tensors alone suggest, if that is another network. */
export function sayArch({ name, where, bare }: Said, other: NonNullable<Assumption['alternatives'][number]['arch']>): Assumption {
  const differs = nodesOf(bare) !== nodesOf('backbone' in other ? (other as ClassifierConfig).backbone : other);
  const alternatives = differs ? [{ value: 'the usual network of this structure', arch: other }] : [];
  return { what: 'arch', value: name, why: `From the file: ${where}.`, alternatives };
}

export function asClassifier(backbone: BackboneConfig | LibraryConfig, head: HeadConfig): ClassifierConfig {
  return { type: 'ImageClassifier', backbone, ...head };
}

/** The structure that computes the same as the named network: as it was assumed, or with one of its alternatives. */
function sameTrunk(bare: Arch, taken: General, reading: TreeReading): General | undefined {
  const wanted = nodesOf(bare);
  if (nodesOf(taken) === wanted) return taken;
  const found: General[] = [];
  assumptions(
    taken,
    reading,
    (config) => {
      found.push(config as General);
      return config;
    },
    new Set(),
  );
  return found.find((config) => nodesOf(config) === wanted);
}

/** What a trunk computes, without its names. */
function nodesOf(arch: Arch): string | undefined {
  try {
    const network = parseNetwork(arch, { variants });
    const { nodes } = buildNetwork({ ...network, head: undefined }, [1, network.inChannels, 224, 224]);
    return nodes.map(({ op, attributes, shape }) => JSON.stringify([op, attributes, shape])).join();
  } catch (error) {
    if (error instanceof ResnetError) return undefined;
    throw error;
  }
}
