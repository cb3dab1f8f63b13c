/** The layers outside of a trunk that work on vectors, and the chains that their widths allow. Uses shapes, order and numbers, not names. */
import { product } from '../graph/shape.ts';
import type { TensorTree } from './reading.ts';
import type { CheckpointTensor } from './types.ts';

export interface VectorLayer {
  path: string;
  kind: 'Linear' | 'BatchNorm1d' | 'LayerNorm' | 'PReLU';
  /** Tensors by parameter. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Input width. A PReLU with one slope accepts any. */
  in: number | undefined;
  out: number | undefined;
}

/** Layers that follow each other, under one root: a module, or one of its children. */
export interface Chain {
  root: string;
  layers: VectorLayer[];
  in: number;
  out: number;
}

/** Parameters by layer, in the file's order. */
export function layersIn(tensors: TensorTree): Map<string, Map<string, CheckpointTensor>> {
  const layers = new Map<string, Map<string, CheckpointTensor>>();
  for (const [path, tensor] of tensors) {
    const dot = path.lastIndexOf('.');
    const name = path.slice(dot + 1);
    if (name === 'num_batches_tracked') continue;
    const key = dot < 0 ? '' : path.slice(0, dot);
    const layer = layers.get(key) ?? new Map<string, CheckpointTensor>();
    layer.set(name, tensor);
    layers.set(key, layer);
  }
  return layers;
}

/** Undefined for layers that work on maps, and for what is not a layer. */
export function vectorLayer(path: string, tensors: ReadonlyMap<string, CheckpointTensor>): VectorLayer | undefined {
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((name) => tensors.get(name));
  const isVector = (tensor: CheckpointTensor | undefined) => tensor?.shape.length === 1;
  const width = (tensor: CheckpointTensor | undefined) => tensor?.shape[0];
  if (mean && variance) {
    if (!isVector(mean) || (weight && !isVector(weight))) return undefined;
    return { path, kind: 'BatchNorm1d', tensors, in: width(mean), out: width(mean) };
  }
  if (!weight) return undefined;
  const [out, from] = weight.shape;
  if (weight.shape.length === 2 || (weight.shape.length === 4 && product(weight.shape.slice(2)) === 1)) {
    return { path, kind: 'Linear', tensors, in: from, out };
  }
  if (!isVector(weight) || out === undefined) return undefined;
  if (bias) return { path, kind: 'LayerNorm', tensors, in: out, out };
  const one = out === 1;
  return { path, kind: 'PReLU', tensors, in: one ? undefined : out, out: one ? undefined : out };
}

/** A 1x1 convolution works on maps, unless it is the whole head. */
export const isConvolution = ({ kind, tensors }: VectorLayer): boolean => kind === 'Linear' && tensors.get('weight')?.shape.length === 4;

/**
 * The layers under a root in an order in which each accepts the output of the one before: the file's order if possible. Numbers of a
 * Sequential are never reordered.
 */
export function chainOf(root: string, layers: readonly VectorLayer[]): Chain | undefined {
  if (layers.length > 24) return undefined;
  let steps = 0;
  const extend = (done: VectorLayer[], rest: VectorLayer[], width: number | undefined): VectorLayer[] | undefined => {
    if (rest.length === 0) return done;
    if (++steps > 2000) return undefined;
    for (const [i, layer] of rest.entries()) {
      if (width !== undefined && layer.in !== undefined && layer.in !== width) continue;
      if (rest.some((other) => numberedBefore(other.path, layer.path))) continue;
      const found = extend([...done, layer], [...rest.slice(0, i), ...rest.slice(i + 1)], layer.out ?? width);
      if (found) return found;
    }
    return undefined;
  };
  const ordered = extend([], [...layers], undefined);
  const first = ordered?.find((layer) => layer.in !== undefined)?.in;
  const last = ordered?.findLast((layer) => layer.out !== undefined)?.out;
  return ordered && first !== undefined && last !== undefined ? { root, layers: ordered, in: first, out: last } : undefined;
}

/** Whether both are in one Sequential, the first with the smaller number. */
function numberedBefore(a: string, b: string): boolean {
  const [left, right] = [a.split('.'), b.split('.')];
  const at = left.findIndex((part, i) => part !== right[i]);
  const [x = '', y = ''] = [left[at], right[at]];
  return /^\d+$/.test(x) && /^\d+$/.test(y) && Number(x) < Number(y);
}

/**
 * The modules with layers next to the trunk, or next to one of the modules around it. Each is one chain, or the chains of its children
 * if these are parallel.
 */
export function chainsBeside(trunk: string, layers: readonly VectorLayer[]): { chains: Chain[]; rest: VectorLayer[] } {
  const around = trunk ? trunk.split('.') : [];
  const chains: Chain[] = [];
  const rest: VectorLayer[] = [];
  const collect = (members: VectorLayer[], depth: number) => {
    const root = members[0]?.path.split('.').slice(0, depth).join('.') ?? '';
    const chain = chainOf(root, members);
    if (chain) chains.push(chain);
    else if (members.length === 1) rest.push(...members);
    else for (const group of grouped(members, (path) => path.split('.')[depth] ?? '')) collect(group, depth + 1);
  };
  const common = (path: string) => {
    const parts = path.split('.');
    let count = 0;
    while (count < around.length && parts[count] === around[count]) count++;
    return Math.min(count + 1, parts.length);
  };
  for (const group of grouped(layers, (path) => path.split('.').slice(0, common(path)).join('.')))
    collect(group, common(group[0]?.path ?? ''));
  return { chains, rest };
}

function grouped(layers: readonly VectorLayer[], key: (path: string) => string): VectorLayer[][] {
  const groups = new Map<string, VectorLayer[]>();
  for (const layer of layers) groups.set(key(layer.path), [...(groups.get(key(layer.path)) ?? []), layer]);
  return [...groups.values()];
}
