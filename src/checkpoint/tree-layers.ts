/** Groups tensors into layers of a tree: the contents of a PyTorch module under one path, in any notation. */
import type { TensorTree } from './reading.ts';
import type { CheckpointTensor } from './types.ts';

export interface Layer {
  /** Full path of the module: `model.layer1.0.conv1`. */
  path: string;
  /** Words and numbers of the path, in lower case: model, layer, 1, 0, conv, 1. */
  tokens: readonly string[];
  /** By parameter: weight, bias, running_mean … */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  kind: 'conv' | 'linear' | 'norm' | 'other';
  /** Shape of the weight. For norms without one, of their statistics. */
  shape: readonly number[];
  /** Index among the layers. */
  order: number;
}

/** Norms of frozen networks (detectron2) and of NumPy files may lack the counter. Every other parameter is required. */
const PARAMETERS = new Set(['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked']);

/** Layers in the order of execution as far as it is known: the file's order, or the order of the names if the file is sorted by names. */
export function layersOf(tensors: TensorTree): Layer[] {
  const byPath = new Map<string, Map<string, CheckpointTensor>>();
  const paths = [...tensors.keys()];
  const sorted = paths.every((path, i) => i === 0 || (paths[i - 1] ?? '') <= path);
  for (const [path, tensor] of tensors) {
    const dot = path.lastIndexOf('.');
    const name = path.slice(dot + 1);
    const module = PARAMETERS.has(name) ? path.slice(0, Math.max(dot, 0)) : path;
    const parts = byPath.get(module) ?? new Map<string, CheckpointTensor>();
    byPath.set(module, parts.set(PARAMETERS.has(name) ? name : 'itself', tensor));
  }
  const layers = [...byPath].map(([path, parts]): Layer => {
    const shape = (parts.get('weight') ?? parts.get('running_mean') ?? parts.get('itself'))?.shape ?? [];
    return { path, tokens: tokensOf(path), tensors: parts, kind: kindOf(parts, shape), shape, order: 0 };
  });
  if (sorted) layers.sort((a, b) => compareTokens(a.tokens, b.tokens));
  return layers.map((layer, order) => ({ ...layer, order }));
}

function kindOf(parts: ReadonlyMap<string, CheckpointTensor>, shape: readonly number[]): Layer['kind'] {
  if (parts.has('itself')) return 'other';
  if (parts.has('running_mean')) return parts.has('running_var') ? 'norm' : 'other';
  if (!parts.has('weight')) return 'other';
  if (shape.length === 4) return 'conv';
  if (shape.length === 2) return 'linear';
  return shape.length === 1 && parts.has('bias') ? 'norm' : 'other';
}

/** Modules that wrap another one call it a private name, or `module`. Such names say nothing about the inner module. */
const WRAPPING = /(^|\.)(?:_\w+|module)(?=\.|$)/g;

/** Boundaries of words and numbers: dots, underscores, slashes, and changes between letters and digits. */
export function tokensOf(path: string): string[] {
  return (
    path
      .replace(WRAPPING, '$1')
      .toLowerCase()
      .match(/[a-z]+|\d+/g) ?? []
  );
}

/** Numbers by value, words alphabetically. A number comes before a word. */
export function compareTokens(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [x = '', y = ''] = [a[i], b[i]];
    if (x === y) continue;
    const numbers = [Number(x), Number(y)] as const;
    if (numbers.every(Number.isInteger)) return numbers[0] - numbers[1];
    // The stem comes before the stages. It has many possible names, but the stages' names end in a number.
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

export function commonPrefix(paths: readonly (readonly string[])[]): string[] {
  const [first = [], ...rest] = paths;
  let length = first.length;
  for (const path of rest) {
    let i = 0;
    while (i < length && path[i] === first[i]) i++;
    length = i;
  }
  return first.slice(0, length);
}
