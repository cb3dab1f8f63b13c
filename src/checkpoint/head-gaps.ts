/**
 * Finds the layers without tensors in a head. The numbers in an nn.Sequential tell how many there are. Which ones they are is assumed,
 * and `info.assumed` says so. A pickled model lists all its modules, so nothing is assumed there.
 */

import type { VectorLayer } from './head-layers.ts';
import type { ModuleTree } from './reading.ts';

/** A layer of a SequentialHead. */
export type LayerConfig = { type: string } & Record<string, unknown>;

export interface Slot {
  config: LayerConfig;
  /** The layer with tensors that it configures. Absent for layers without tensors. */
  layer?: VectorLayer;
}

export interface Filled {
  slots: Slot[];
  /** Slots whose layer was assumed, and the alternatives. */
  open: { slot: number; place: string; others: LayerConfig[] }[];
  /** Whether the last layer is known to be the last. */
  ends: boolean;
}

const ACTIVATIONS: LayerConfig[] = [
  { type: 'ReLU' },
  { type: 'Dropout' },
  { type: 'LeakyReLU', negative_slope: 0.01 },
  { type: 'LeakyReLU', negative_slope: 0.1 },
  { type: 'LeakyReLU', negative_slope: 0.2 },
  { type: 'Tanh' },
  { type: 'GELU' },
  { type: 'SiLU' },
  { type: 'Sigmoid' },
  { type: 'ELU' },
];

/** Fills the gaps in a chain of layers. */
export function fillGaps(layers: readonly VectorLayer[], trunk: string, modules?: ModuleTree): Filled {
  return fromModules(layers, modules) ?? fromNumbers(layers, trunk);
}

export function configOf({ kind, tensors, out }: VectorLayer): LayerConfig {
  switch (kind) {
    case 'Linear':
      return { type: kind, out_features: out, ...(!tensors.has('bias') && { bias: false }) };
    case 'BatchNorm1d':
      return { type: kind, ...(!tensors.has('weight') && { affine: false }) };
    case 'PReLU':
      return { type: kind, num_parameters: out ?? 1 };
    default:
      return { type: kind };
  }
}

function fromNumbers(layers: readonly VectorLayer[], trunk: string): Filled {
  const isInside = ({ path }: VectorLayer) => path.startsWith(trunk && `${trunk}.`);
  const slots: Slot[] = [];
  const open: Filled['open'] = [];
  layers.forEach((layer, i) => {
    const before = layers[i - 1];
    if (before) {
      const gap = gapBetween(before.path, layer.path);
      // A layer outside of a module reads the module's output directly.
      const leaves = gap === undefined && isInside(before) && !isInside(layer);
      const activated = !leaves && needsActivation(layers, i);
      // Named layers have an activation between linear layers, too. Without one, they would be equal to a single layer.
      const count = gap ?? (activated || leaves ? 1 : 0);
      for (let k = 0; k < count; k++) {
        const isActivation = k === 0 && activated;
        if (isActivation) {
          const place = `between ${before.path} and ${layer.path}`;
          open.push({ slot: slots.length, place, others: ACTIVATIONS.slice(1) });
        } else if (k === 0) {
          // Most likely a dropout. An activation is possible.
          open.push({
            slot: slots.length,
            place: `between ${before.path} and ${layer.path}`,
            others: ACTIVATIONS.filter(({ type }) => type !== 'Dropout'),
          });
        }
        slots.push({ config: { type: isActivation ? 'ReLU' : 'Dropout' } });
      }
    }
    slots.push({ config: configOf(layer), layer });
  });
  return { slots, open, ends: layers.length === 1 && !/(^|\.)\d+$/.test(layers[0]?.path ?? '') };
}

/**
 * Whether the first gap before a layer is the activation between two linear layers: if it is the first possible place, and none of the
 * layers is an activation itself. Norms come before the activation if they follow directly.
 */
function needsActivation(layers: readonly VectorLayer[], at: number): boolean {
  const first = layers.findLastIndex((layer, i) => i < at && layer.kind === 'Linear');
  const next = layers.findIndex((layer, i) => i >= at && layer.kind === 'Linear');
  if (first < 0) return false;
  const stretch = layers.slice(first, next < 0 ? layers.length : next + 1);
  if (stretch.some(({ kind }) => kind === 'PReLU')) return false;
  const places = stretch.slice(1).map((layer, i) => gapBetween(stretch[i]?.path ?? '', layer.path));
  if (places.every((gap) => gap === undefined || gap === 0)) {
    // Without numbers: before the next linear layer. With numbers but no gap there is no activation.
    const numbered = places.every((gap) => gap === 0);
    return !numbered && layers[at]?.kind === 'Linear';
  }
  return places.findIndex((gap) => gap !== undefined && gap > 0) === at - first - 1;
}

/** Number of layers between two layers of one Sequential. Undefined if they are not in the same one. */
function gapBetween(a: string, b: string): number | undefined {
  const [, parent = '', from] = /^(.*?)(\d+)$/.exec(a) ?? [];
  const [, same, to] = /^(.*?)(\d+)$/.exec(b) ?? [];
  if (from === undefined || to === undefined || parent !== same || (parent !== '' && !parent.endsWith('.'))) return undefined;
  return Number(to) - Number(from) - 1;
}

/** Layer types that a SequentialHead can have, with the arguments that change the result. */
const KNOWN: Record<string, string[]> = {
  Linear: [],
  BatchNorm1d: ['eps'],
  LayerNorm: ['eps'],
  PReLU: [],
  ReLU: [],
  ReLU6: [],
  LeakyReLU: ['negative_slope'],
  ELU: ['alpha'],
  GELU: ['approximate'],
  SiLU: [],
  Tanh: [],
  Sigmoid: [],
  Softmax: [],
  LogSoftmax: [],
  Dropout: [],
  Identity: [],
  Flatten: [],
};

/** Reads the children of the Sequential that contains all layers. Any other class may call its children in any order. */
function fromModules(layers: readonly VectorLayer[], modules: ModuleTree | undefined): Filled | undefined {
  const [first] = layers;
  if (!modules || !first) return undefined;
  const parent = first.path.replace(/\.?[^.]*$/, '');
  if (modules.get(parent)?.type !== 'Sequential') {
    return layers.length === 1 && modules.get(first.path)?.type === 'Linear'
      ? { slots: [{ config: configOf(first), layer: first }], open: [], ends: true }
      : undefined;
  }
  const byPath = new Map(layers.map((layer) => [layer.path, layer]));
  const slots: Slot[] = [];
  for (const [path, { type, attributes }] of modules) {
    if (!path.startsWith(`${parent}.`) || path.slice(parent.length + 1).includes('.')) continue;
    const layer = byPath.get(path);
    byPath.delete(path);
    const known = KNOWN[type];
    // Pools and similar come before the first layer with tensors.
    if (!known) {
      if (slots.some((slot) => slot.layer)) return undefined;
      continue;
    }
    const own = Object.fromEntries(known.flatMap((name) => (attributes[name] === undefined ? [] : [[name, attributes[name]]])));
    slots.push({ config: { ...(layer ? configOf(layer) : { type }), ...own }, ...(layer && { layer }) });
  }
  return byPath.size ? undefined : { slots, open: [], ends: true };
}
