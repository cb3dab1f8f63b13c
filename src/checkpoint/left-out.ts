/**
 * Convolutions and norms that the network does not use, although they are among a trunk's own modules, or could be between it and its
 * head. Shapes do not tell what they do, so nobody knows what the network computes without them.
 */

import type { Assumption } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { pixelStatistics } from './pixel-statistics.ts';
import type { TreeReading } from './read-tree.ts';
import { type Layer, layersOf } from './tree-layers.ts';
import type { Trunk } from './trunk.ts';

const NAMED = 6;

/** Parameters of LSTMs, GRUs and attention. PyTorch gives these names to no other layer. */
const SEQUENTIAL = /(^|\.)(weight_[ih]h_l\d+\w*|in_proj_weight|[qkv]_proj_weight)$/;

/**
 * @param ignored full paths of the unused tensors
 * @param logits whether the network ends in a head. Then nobody can tell whether its results are right
 * @throws ResnetError `checkpoint-keys` that names them
 */
export function leftOut(reading: TreeReading, ignored: readonly string[], logits: boolean): Assumption[] {
  const layers = unused(reading, ignored);
  const { trunk, head } = reading;
  const roots = (logits ? (head.heads ?? []) : []).flatMap(({ root }) => (root ? [`${root}.`] : []));
  const doubtful = layers.filter(
    (layer) =>
      isOnMaps(layer, trunk) ||
      (isMapping(layer) && leadsOn(layer, trunk.width)) ||
      SEQUENTIAL.test(layer.path) ||
      roots.some((root) => layer.path.startsWith(root)),
  );
  if (logits && doubtful.length) {
    throw new ResnetError(
      'checkpoint-keys',
      `The file does not tell what these layers do, and without them the logits may be wrong: ${listed(doubtful)}.`,
      {
        layer: doubtful[0]?.path,
        hint: "Pass head: 'none' to load the trunk alone, or the arch that the file was trained with.",
      },
    );
  }
  // These are preprocessing.
  const pixels: readonly string[] = pixelStatistics(reading.all, inChannels(trunk))?.paths ?? [];
  const others = layers.filter(
    (layer) => layer.kind === 'other' && isNear(layer, trunk) && !doubtful.includes(layer) && !pixels.includes(layer.path),
  );
  const said = [...doubtful, ...others];
  const why = 'These tensors are among the trunk’s own or have its widths, and nothing says what they do. The network runs without them.';
  return said.length ? [{ what: 'left out', value: listed(said), why, alternatives: [] }] : [];
}

function listed(layers: readonly Layer[]): string {
  const paths = layers.map(({ path }) => path);
  return `${paths.slice(0, NAMED).join(', ')}${paths.length > NAMED ? ` and ${paths.length - NAMED} more` : ''}`;
}

/** Layers in the trunk's own copy. */
function unused({ trunk, others, all }: TreeReading, ignored: readonly string[]): Layer[] {
  const isCopied = (path: string) => others.some((other) => other !== '' && other !== trunk.path && path.startsWith(`${other}.`));
  return layersOf(new Map(ignored.flatMap((path) => (isCopied(path) ? [] : [[path, all.get(path)] as const].filter(hasTensor)))));
}

const hasTensor = <T>(entry: readonly [string, T | undefined]): entry is readonly [string, T] => entry[1] !== undefined;

const isMapping = ({ kind, tensors }: Layer) => kind === 'conv' || (kind === 'norm' && tensors.has('running_mean'));

const isAmong = ({ path }: Layer, { path: trunk }: Trunk) => trunk === '' || path.startsWith(`${trunk}.`);

/** Among the trunk's own modules, or before its stem. */
function isOnMaps(layer: Layer, trunk: Trunk): boolean {
  if (!isMapping(layer)) return false;
  const { kind, shape } = layer;
  const before = kind === 'conv' && shape[0] === inChannels(trunk) && (shape[1] ?? 0) <= MOST_CHANNELS;
  return isAmong(layer, trunk) || before;
}

const MOST_CHANNELS = 16;

const inChannels = ({ stem }: Trunk) => stem[0]?.conv.shape[1] ?? 3;

/** Reads the trunk's maps and returns maps of the same width, so that a head could follow. */
const leadsOn = ({ kind, shape }: Layer, width: number) => kind === 'conv' && shape[0] === width && shape[1] === width;

/** A parameter that belongs to no layer of PyTorch: as wide as the trunk or its input, or among its modules and with the axes of a map. */
function isNear(layer: Layer, trunk: Trunk): boolean {
  const { shape } = layer;
  if (!layer.tensors.has('itself') && !layer.tensors.has('weight')) return false;
  const size = shape.reduce((product, one) => product * one, 1);
  return (
    shape.includes(trunk.width) ||
    (shape.length > 0 && size === inChannels(trunk) && size > 1) ||
    (isAmong(layer, trunk) && shape.length > 2)
  );
}
