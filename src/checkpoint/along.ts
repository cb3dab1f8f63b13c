/**
 * Facts in a checkpoint besides weights: the names of its classes, and how its images were prepared. They are recognised by their
 * values and not by their keys, because every trainer uses other names.
 */
import type { Assumption, Preprocess } from '../api/types.ts';
import { type Entry, entriesOf, isDict } from './metadata.ts';
import { ownCard } from './own-card.ts';
import { pixelStatistics } from './pixel-statistics.ts';
import type { Checkpoint } from './types.ts';

export interface Along {
  labels?: string[];
  preprocess?: Partial<Preprocess>;
  /** [height, width] */
  inputSize?: [number, number];
  /** For each fact, its value and the entry that it is from. */
  said: Assumption[];
}

export interface Network {
  /** Number of logits. */
  classes?: number;
  inputChannels: number;
  /** The architecture's recipe. */
  preprocess: Preprocess;
}

/** Entries that take precedence over other entries about images, because the network itself subtracts these values. */
export async function pixelEntries({ tensors, tree }: Checkpoint, channels: number): Promise<Entry[]> {
  const found = pixelStatistics(tree ?? tensors, channels);
  if (!found) return [];
  const read = await Promise.all([found.mean.read(), found.std.read()]);
  return read.map(({ data }, i) => ({ path: found.paths[i] ?? '', value: [...data] }));
}

/**
 * @param guessed whether only the checkpoint says what network it is
 * @param buffers pixelEntries
 */
export function along(
  { metadata }: Pick<Checkpoint, 'metadata'>,
  network: Network,
  guessed = false,
  buffers: readonly Entry[] = [],
): Along {
  const card = ownCard(metadata);
  if (card && card.numClasses === network.classes) {
    const { labels, preprocess, inputSize } = card;
    return { labels, preprocess, inputSize, said: [] };
  }
  const entries = [...buffers, ...entriesOf(metadata)];
  const said: Assumption[] = [];
  const say = (what: string, value: unknown, path: string) => said.push({ what, value, why: `From the file: ${path}.`, alternatives: [] });
  const labels = labelsOf(entries, network.classes);
  if (labels) say('labels', labels.value, labels.path);
  const recipe = recipeOf(entries, network);
  if (recipe) say('preprocess', recipe.value, recipe.path);
  if (guessed && !recipe?.value.mean) said.push(unsaid(network.preprocess));
  return { ...(labels && { labels: labels.value }), ...(recipe && recipeParts(recipe.value)), said };
}

function recipeParts({ size, ...preprocess }: Recipe): Pick<Along, 'preprocess' | 'inputSize'> {
  return { preprocess, ...(size && { inputSize: size }) };
}

/** Two entries of a dict may start at 0 by chance. Such a name makes it certain. */
const ABOUT_CLASSES = /class|label|categor|vocab|idx|id2|names/i;

function labelsOf(entries: readonly Entry[], classes: number | undefined): { value: string[]; path: string } | undefined {
  if (classes === undefined) return undefined;
  // One logit may have two names, one for each answer.
  const lengths = classes === 1 ? [2] : [classes];
  const found = entries.flatMap(({ path, value }) => {
    const names = namesIn(value);
    const named = ABOUT_CLASSES.test(path);
    return names && lengths.includes(names.length) && (named || names.length > 3) ? [{ value: names, path, named }] : [];
  });
  return found.find(({ named }) => named) ?? found[0];
}

/** A list of names, a dict from number to name, or one from name to number. */
function namesIn(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.length && value.every((name) => typeof name === 'string') ? value : undefined;
  if (!isDict(value)) return undefined;
  const pairs = Object.entries(value);
  const places = (numbers: unknown[]) =>
    numbers.every((n) => Number.isInteger(n)) &&
    new Set(numbers).size === pairs.length &&
    numbers.every((n) => Number(n) >= 0 && Number(n) < pairs.length);
  if (!pairs.length) return undefined;
  if (
    pairs.every(([, name]) => typeof name === 'string') &&
    pairs.every(([key]) => /^\d+$/.test(key)) &&
    places(pairs.map(([key]) => Number(key)))
  ) {
    return pairs.sort(([a], [b]) => Number(a) - Number(b)).map(([, name]) => String(name));
  }
  if (!places(pairs.map(([, index]) => index))) return undefined;
  return pairs.sort(([, a], [, b]) => Number(a) - Number(b)).map(([name]) => name);
}

type Recipe = Partial<Preprocess> & { size?: [number, number] };

/** ImageNet's mean, blue first. Caffe's and detectron2's networks use it, but their files do not tell the order. Red-first means descend. */
const BGR_MEANS = [103.53, 116.28, 123.675];

const MEAN = /(^|[._])means?$/i;
const STD = /(^|[._])(std|stds|stdev)$/i;
const SIZE = /(^|[._])(img|image|input|crop|im)_?(size|sz)$/i;

/** Mean and deviation are in the same dict. The size of the images may be anywhere. */
function recipeOf(entries: readonly Entry[], { inputChannels, preprocess }: Network): { value: Recipe; path: string } | undefined {
  const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('.')));
  const mean = entries.find(({ path, value }) => MEAN.test(path) && isColour(value, inputChannels));
  const std =
    mean && entries.find(({ path, value }) => STD.test(path) && parent(path) === parent(mean.path) && isColour(value, inputChannels, true));
  const size = entries.find(({ path, value }) => SIZE.test(path) && sizeOf(value));
  const value: Recipe = {};
  const paths: string[] = [];
  if (mean && std) {
    // Deviations of images on a 0 to 1 scale are below 1. On a 0 to 255 scale they are 1 (none) or above.
    const scale = [mean.value, std.value].flat().every((x) => Number(x) <= 1) && (std.value as number[]).some((x) => x !== 1) ? 255 : 1;
    value.mean = (mean.value as number[]).map((x) => x * scale);
    value.std = (std.value as number[]).map((x) => x * scale);
    const beside = new Map(
      entries
        .filter(({ path }) => parent(path) === parent(mean.path))
        .map((entry) => [entry.path.slice(parent(mean.path).length).replace('.', ''), entry.value]),
    );
    const rgb = beside.get('to_rgb') ?? beside.get('bgr_to_rgb');
    if (typeof rgb === 'boolean') value.order = rgb ? 'rgb' : 'bgr';
    else if (value.mean.every((x, i) => Math.abs(x - (BGR_MEANS[i] ?? 0)) < 3)) value.order = 'bgr';
    paths.push(mean.path, std.path);
  }
  const edges = size && sizeOf(size.value);
  if (edges && size && preprocess.crop && preprocess.resize) {
    const [height, width] = edges;
    const before = typeof preprocess.crop === 'number' ? preprocess.crop : Math.min(...preprocess.crop);
    const resized = typeof preprocess.resize.size === 'number' ? preprocess.resize.size : Math.min(...preprocess.resize.size);
    value.size = edges;
    value.crop = height === width ? height : edges;
    value.resize = { ...preprocess.resize, edge: 'short', size: Math.floor((Math.min(height, width) * resized) / before) };
    paths.push(size.path);
  }
  return paths.length ? { value, path: paths.join(', ') } : undefined;
}

function isColour(value: unknown, channels: number, positive = false): value is number[] {
  return (
    Array.isArray(value) &&
    value.length === channels &&
    value.every((x) => typeof x === 'number' && Number.isFinite(x) && (positive ? x > 0 : Math.abs(x) <= 255) && x <= 255)
  );
}

/** A single edge, [h, w] or [c, h, w]. */
function sizeOf(value: unknown): [number, number] | undefined {
  const edges = typeof value === 'number' ? [value, value] : Array.isArray(value) ? value.slice(-2) : [];
  const [height, width] = edges;
  const isEdge = (edge: unknown): edge is number => Number.isInteger(edge) && Number(edge) >= 16 && Number(edge) <= 4096;
  return edges.length === 2 && isEdge(height) && isEdge(width) ? [height, width] : undefined;
}

/** Nothing says how the images were prepared: assumes the usual recipe, and offers other common ones. */
function unsaid({ mean, std, order }: Preprocess): Assumption {
  const alternatives = [
    { mean: [103.53, 116.28, 123.675], std: [1, 1, 1], order: 'bgr' },
    { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], order: 'rgb' },
    { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], order: 'rgb' },
    { mean: [0, 0, 0], std: [255, 255, 255], order: 'rgb' },
  ].filter((one) => JSON.stringify(one) !== JSON.stringify({ mean, std, order }));
  return {
    what: 'preprocess',
    value: { mean, std, order },
    why: 'Weights do not say how images were normalised; pass preprocess if it was otherwise.',
    alternatives: alternatives.map((value) => ({ value })),
  };
}
