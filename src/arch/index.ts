/** From the name or configuration of an architecture to a network that can be built, and its preprocessing. */

import type { Assumption, Preprocess } from '../api/types.ts';
import type { Graph } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount, LIMITS } from '../util/limits.ts';
import { show, textOf } from '../util/show.ts';
import { Arguments } from './arguments.ts';
import type { Arch, BackboneConfig, ClassifierConfig, LibraryConfig } from './config.ts';
import { parseBackbone } from './families/index.ts';
import { parseHead } from './head.ts';
import { linearHead } from './head-parts.ts';
import * as lazy from './lazy.ts';
import { torchvisionNetwork } from './libraries/torchvision.ts';
import { entrypoint, namedArch } from './names.ts';
import { needed, PartNeeded, type Parts, timmOf, type Variants } from './needed.ts';
import { buildNetwork, type Network } from './network.ts';
import type { Recipe } from './recipe-parts.ts';
import { fitChannels, recipeOf } from './recipes.ts';
import { chooseScores, type Scores } from './scores.ts';

export type { Arch } from './config.ts';
export { archNames } from './names.ts';

/** Names and shapes of a checkpoint's tensors. */
export type Keys = ReadonlyMap<
  string,
  {
    /** Length of each axis. */
    readonly shape: readonly number[];
  }
>;

/** `resolveArch` fetches the parts that it needs. Other callers pass them, or get a PartNeeded error. */
export interface ResolveOptions extends Parts {
  /** Classes of the head. Default: from `keys`, then from the configuration or the recipe. */
  numClasses?: number;
  /** How logits become scores. Overrides the head. */
  scores?: Scores;
  keys?: Keys;
}

export interface ResolvedArch {
  name: string;
  /** Expands the network for an input shape, [n, c, h, w]. */
  build(inputShape: readonly number[]): Graph;
  inputChannels: number;
  preprocess: Preprocess;
  /** [height, width] */
  inputSize: [number, number];
  /** The recipe that the authors test with, if it is a different one. */
  test?: Recipe;
  classes?: number;
  labels?: 'imagenet1k' | 'cifar10' | 'cifar100';
  /** What run() returns by default. */
  defaultRun: { features: (number | 'img')[]; logits: boolean };
  scores: Scores;
  /** What had to be assumed. */
  assumed: Assumption[];
  zeroInitResidual: boolean;
  /** The named network has a head, but the weights have none. */
  headless?: boolean;
}

/** A network, and what a classifier adds to it. */
interface Parsed {
  network: Network;
  classes?: number;
  scores: Scores;
  features: boolean;
  headless?: boolean;
}

/** Expands an architecture for an input shape, [n, c, h, w]. Needs no GPU. */
export function buildGraph(arch: Arch, inputShape: readonly number[], options: ResolveOptions = {}): Graph {
  return buildNetwork(parseNetwork(arch, options), inputShape);
}

/** The network before its input shape is known. */
export function parseNetwork(arch: Arch, options: ResolveOptions = {}): Network {
  return parse(arch, options).network;
}

/**
 * @throws ResnetError `unknown-arch` for an unknown name, `config` for a setting that the reference refuses, too, `unsupported` for
 * a valid one that cannot run yet
 */
export async function resolveArch(arch: Arch, options: ResolveOptions = {}): Promise<ResolvedArch> {
  const { network, classes, scores, features, headless = false } = await parseFetching(arch, options);
  const recipe = fitChannels(await recipeOf(arch, classes), network.inChannels);
  const labels =
    classes === 1000
      ? 'imagenet1k'
      : recipe.inputSize[0] !== 32
        ? undefined
        : classes === 10
          ? 'cifar10'
          : classes === 100
            ? 'cifar100'
            : undefined;
  return {
    name: archName(arch),
    build: (inputShape) => buildNetwork(network, inputShape),
    inputChannels: network.inChannels,
    ...recipe,
    classes,
    labels,
    defaultRun: {
      features: features ? [...(network.outputImage ? ['img' as const] : []), ...network.outIndices] : [],
      logits: network.head !== undefined,
    },
    ...chooseScores(scores, classes, options.scores),
    zeroInitResidual: network.zeroInitResidual,
    headless,
  };
}

const FETCH: { [Part in keyof Parts]-?: () => Promise<Parts> } = {
  variants: async () => ({ variants: await lazy.archVariants() }),
  timm: async () => ({ timm: await lazy.timmClasses() }),
};

async function parseFetching(arch: Arch, options: ResolveOptions, parts: Parts = {}): Promise<Parsed> {
  let missing: keyof Parts;
  try {
    return parse(arch, { ...options, ...parts }, await tagClasses(arch));
  } catch (error) {
    if (!(error instanceof PartNeeded) || error.part in parts) {
      const { explained } = await lazy.relatives();
      throw explained(error, arch);
    }
    missing = error.part;
  }
  return parseFetching(arch, options, { ...parts, ...(await FETCH[missing]()) });
}

function parse(arch: Arch, { numClasses, keys, variants, timm }: ResolveOptions, fallback = 1000): Parsed {
  const parts = { variants, timm };
  if (numClasses !== undefined && !isCount(numClasses, 'classes', 0)) {
    const hint = `Give a whole number up to ${LIMITS.classes}, or leave it out.`;
    throw new ResnetError('config', `${show(numClasses)} is not a number of classes.`, { layer: 'numClasses', hint });
  }
  if (typeof arch === 'string') {
    const named = namedArch(arch);
    const config = withVariant(named.config, keys);
    const classes = numClasses ?? headClasses(keys) ?? named.classes ?? fallback;
    const parsed = parseConfig(config, classes, parts);
    const headless = numClasses === undefined && classes > 0 && keys !== undefined && !hasHead(keys, parsed.network);
    if (headless) return { ...parsed, network: { ...parsed.network, head: undefined }, classes: undefined, features: true, headless };
    return { ...parsed, features: parsed.network.head === undefined };
  }
  if (typeof arch !== 'object' || arch === null) {
    throw new ResnetError('config', `The architecture is ${String(arch)}.`, {
      layer: 'arch',
      hint: "Give a name such as 'resnet50', or a configuration.",
    });
  }
  return parseConfig(withVariant(arch, keys), numClasses, parts);
}

function parseConfig(config: Exclude<Arch, string>, numClasses: number | undefined, parts: Parts): Parsed {
  const { variants } = parts;
  if ('library' in config) return parseLibrary(config as LibraryConfig, numClasses, parts);
  if (config.type === 'ImageClassifier') return parseClassifier(config as ClassifierConfig, numClasses, parts);
  if (config.type === 'CifarResNet') {
    const { num_classes: own, ...backbone } = config as Extract<BackboneConfig, { type: 'CifarResNet' }>;
    const classes =
      numClasses ??
      (own === undefined
        ? undefined
        : new Arguments('CifarResNet', { num_classes: own }).integer('num_classes', undefined, { max: LIMITS.classes }));
    return {
      network: { ...parseBackbone(backbone), ...(classes && { head: linearHead(classes) }) },
      classes,
      scores: 'softmax',
      features: true,
    };
  }
  return { network: parseBackbone({ ...config }, undefined, variants), scores: 'softmax', features: true };
}

function parseLibrary(config: LibraryConfig, numClasses: number | undefined, parts: Parts): Parsed {
  const { variants } = parts;
  const { library, entrypoint: name, ...own } = config;
  if (library === 'transformers') return parseTransformers(config, numClasses, variants);
  if (library !== 'timm' && library !== 'torchvision') {
    const hint = "Use 'timm', 'torchvision' or 'transformers'.";
    throw new ResnetError('config', `'${textOf(library)}' is not a library here.`, { layer: 'library', hint });
  }
  if (name !== undefined && typeof name !== 'string') {
    const hint = "Give a string such as 'resnet50'.";
    throw new ResnetError('config', `${show(name)} is not a name.`, { layer: 'entrypoint', hint });
  }
  const defaults = name === undefined ? {} : entrypoint(library, name, parts);
  const a = new Arguments(name ?? `${library}.${textOf(own.type)}`, {
    ...defaults,
    ...own,
    ...(numClasses !== undefined && { num_classes: numClasses }),
  });
  const network = library === 'timm' ? timmOf(parts).timmNetwork(a, variants) : torchvisionNetwork(a);
  const classes = a.integer('num_classes', 1000, { min: 0, max: LIMITS.classes });
  // OpenMMLab counts stages from 0. timm counts the stem, too.
  const outIndices = a.integers('out_indices', network.outIndices).toSorted((one, other) => one - other);
  if (!outIndices.length || outIndices.some((stage) => !network.outIndices.includes(stage)))
    a.fail('out_indices', `is [${outIndices.join(', ')}].`, `Name stages from 0 to ${network.stages.length - 1}.`);
  a.done();
  return { network: { ...network, outIndices }, classes: classes || undefined, scores: 'softmax', features: true };
}

/** The same as in a repository's config.json, so the default is the logits only. */
function parseTransformers({ library, ...own }: LibraryConfig, numClasses: number | undefined, variants: Variants | undefined): Parsed {
  const a = new Arguments(`${library}.${textOf(own.type)}`, { ...own, ...(numClasses !== undefined && { num_labels: numClasses }) });
  const network = needed(variants).transformersNetwork(a, variants);
  const classes = a.integer('num_labels', 2, { min: 0, max: LIMITS.classes });
  a.done();
  return { network, classes: classes || undefined, scores: 'softmax', features: !classes };
}

function parseClassifier(config: ClassifierConfig, numClasses: number | undefined, parts: Parts): Parsed {
  const { variants } = parts;
  const a = new Arguments('ImageClassifier', config);
  if (!a.dict('backbone')) a.fail('backbone', 'is missing.', "Give { type: 'ResNet', depth: 50 } or the like.");
  const { backbone } = config;
  const network =
    'library' in backbone
      ? parseLibrary({ ...(backbone as LibraryConfig), num_classes: 0 }, undefined, parts).network
      : parseBackbone({ ...backbone }, 'ImageClassifier.backbone', variants);
  const last = network.stages[network.outIndices.at(-1) ?? 0];
  const { head, classes, scores } = parseHead(a, last?.out ?? 0, numClasses, variants);
  a.dict('data_preprocessor');
  a.ignore('pretrained', 'train_cfg', 'init_cfg');
  a.done();
  // Without out_indices the default for a classifier is its logits only.
  return { network: { ...network, head }, classes, scores, features: !head || 'out_indices' in config.backbone };
}

/** The keys tell which of the two shortcuts a CIFAR network has, if the configuration does not. */
function withVariant(config: Exclude<Arch, string>, keys: Keys | undefined): Exclude<Arch, string> {
  const open = config.type === 'CifarResNet' && !('shortcut' in config) && keys;
  return open && [...keys.keys()].some((key) => /\.(shortcut|downsample)\.0\./.test(key)) ? { ...config, shortcut: 'B' } : config;
}

const HEADS = ['fc', 'head.fc', 'linear', 'last_linear', 'classifier.1', 'classifier'];

function headClasses(keys: Keys | undefined): number | undefined {
  for (const head of HEADS) {
    const weight = keys?.get(`${head}.weight`) ?? keys?.get(`module.${head}.weight`);
    if (weight) return weight.shape[0];
  }
  return undefined;
}

/** Whether some matrix fits the pooled vector's length. Whatever its name, it may be the head. */
function hasHead(keys: Keys, network: Network): boolean {
  if (headClasses(keys) !== undefined) return true;
  const { nodes } = buildNetwork(network, [1, network.inChannels, 224, 224]);
  const features = nodes.find(({ op }) => op === 'linear')?.weights.weight?.shape[1] ?? network.stages.at(-1)?.out;
  // ResNetV2's is a convolution.
  return [...keys].some(([key, { shape }]) => shape[1] === features && (shape.length === 2 || /\bhead\.fc\.weight$/.test(key)));
}

/**
 * Some of timm's tags have other than 1000 classes.
 * @throws ResnetError `unknown-arch` for a tag that does not exist
 */
async function tagClasses(arch: Arch): Promise<number | undefined> {
  if (typeof arch !== 'string') return undefined;
  const { source, base, tag } = namedArch(arch);
  return source === 'timm' ? (await lazy.timmTags()).timmTag(base, tag)?.classes : undefined;
}

function archName(arch: Arch): string {
  if (typeof arch === 'string') return arch;
  const { library, entrypoint: name, type, depth, backbone } = arch as Readonly<Record<string, unknown>>;
  if (typeof backbone === 'object' && backbone !== null) return archName(backbone as BackboneConfig);
  return library ? `${library}.${name ?? type}` : `${type}${depth === undefined ? '' : `-${depth}`}`;
}
