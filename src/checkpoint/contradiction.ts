/** Whether the modules of a pickled model contradict an architecture that its tensors fit. */
import type { Graph } from '../graph/types.ts';
import type { Match } from './match.ts';
import type { Checkpoint, CheckpointTensor, ModuleInfo } from './types.ts';

export function contradicts(graph: Graph, { found }: Match, { tree, tensors, modules }: Checkpoint): boolean {
  if (!modules) return false;
  const paths = new Map<CheckpointTensor, string>([...(tree ?? tensors)].map(([path, tensor]) => [tensor, path]));
  const moduleOf = new Map<string, ModuleInfo>();
  for (const { key, tensor } of found) {
    const info = modules.get((paths.get(tensor) ?? '').replace(/\.?[^.]*$/, ''));
    if (info) moduleOf.set(key, info);
  }
  return (
    graph.nodes.some(({ op, attributes, weights }) => {
      const key = weights.weight?.key;
      const info = key === undefined ? undefined : moduleOf.get(key);
      // Canonical names may refer to other modules. With ResNet-D's pooling, a shortcut's first module is not the convolution.
      const isLayer = info !== undefined && /Conv|Norm/.test(info.type);
      return isLayer && differs(op, attributes as unknown as Record<string, unknown>, info.attributes);
    }) || poolsDiffer(graph, modules)
  );
}

type Attributes = Readonly<Record<string, unknown>>;

function differs(op: string, ours: Attributes, theirs: Attributes): boolean {
  const unequal = (name: string, own = ours[name]) => name in theirs && !same(own, theirs[name]);
  if (op === 'conv2d') return unequal('stride') || unequal('padding') || unequal('dilation') || unequal('groups');
  if (op === 'batch_norm' || op === 'instance_norm') return unequal('eps');
  if (op === 'group_norm') return unequal('eps') || unequal('num_groups', ours.groups);
  return false;
}

/** Compares numbers, and lists of equal numbers of any length. Strings (`same`) are not compared. */
function same(a: unknown, b: unknown): boolean {
  const [x, y] = [a, b].map((value) => new Set(Array.isArray(value) ? value : [value]));
  const [p] = x ?? [];
  const [q] = y ?? [];
  return typeof p !== 'number' || typeof q !== 'number' || (x?.size === 1 && y?.size === 1 && p === q);
}

/** Whether the network's max pooling differs from the modules' single one. */
function poolsDiffer({ nodes }: Graph, modules: NonNullable<Checkpoint['modules']>): boolean {
  const ours = nodes.filter(({ op }) => op === 'max_pool2d');
  const theirs = [...modules.values()].filter(({ type, attributes }) => type === 'MaxPool2d' && 'kernel_size' in attributes);
  const [a] = ours;
  const [b] = theirs;
  if (ours.length > 1 || theirs.length !== 1 || !b) return false;
  if (!a) return true;
  const own = a.attributes as unknown as Record<string, unknown>;
  const { kernel_size, stride, padding, ceil_mode } = b.attributes;
  const ceil = (ceil_mode === true) !== (own.ceilMode === true);
  return ceil || !same(own.kernel, kernel_size) || !same(own.stride, stride) || !same(own.padding, padding);
}
