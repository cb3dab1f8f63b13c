/** From the object that torch.save was given to the state dict inside. */
import { ResnetError } from '../util/errors.ts';
import { malformed, noTensors } from './fail.ts';
import { ObjectDict } from './object-dict.ts';
import { Opaque, type Value } from './pickle.ts';
import { treeOf } from './pickled-tree.ts';
import { TorchTensor } from './torch-pickle.ts';

/**
 * Keys that contain the state dict, best first. Authors report averaged weights (EMA), so these come before the plain ones.
 * `ema_state_dict` is not one of them: MMEngine swaps the two when saving and puts the *raw* weights there.
 */
const WRAPPERS = [
  'state_dict_ema',
  'model_ema',
  'module_ema',
  'ema',
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'module',
  'ema_state_dict',
];

export interface Unwrapped {
  tensors: Map<string, TorchTensor>;
  /** Plain values next to the state dict, and next to what wraps it, nested at most three deep. */
  metadata: Record<string, unknown>;
}

/** @throws ResnetError `checkpoint-format` for a pickled model, `checkpoint-keys` if there are no tensors. */
export function unwrap(root: Value, file: string): Unwrapped {
  if (root instanceof Opaque) {
    throw malformed(
      file,
      `The file holds a pickled object, ${root.name}, not its weights.`,
      'Open it where its class is installed and save the weights: torch.save(model.state_dict(), path).',
    );
  }
  const path = findStateDict(root, new Set());
  const stateDict = path?.at(-1);
  if (path === undefined || stateDict === undefined) throw noTensors(root instanceof Map ? [...root].map(describe) : [], file);
  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of stateDict) {
    if (typeof key !== 'string') continue;
    if (value instanceof TorchTensor) tensors.set(key, value);
    else if (value instanceof Opaque && value.name.startsWith('torch._utils._rebuild_')) {
      throw new ResnetError('unsupported', `The tensor is sparse, quantised or nested (${value.name}).`, {
        layer: key,
        hint: 'Convert it with .to_dense() or .dequantize() before saving.',
      });
    }
  }
  return { tensors, metadata: plainEntries(path, 3, { left: 100_000 }) };
}

function describe([key, value]: [Value, Value]): string {
  const name = typeof key === 'string' || typeof key === 'number' ? String(key).slice(0, 60) : typeof key;
  return value instanceof Opaque ? `${name} (an object, ${value.name})` : name;
}

/** The dicts from the root to the one whose values are the tensors. Each dict is visited only once, even if it is shared. */
function findStateDict(value: Value, seen: Set<Value>): Map<Value, Value>[] | undefined {
  if (!(value instanceof Map) || seen.has(value) || seen.size > 100) return undefined;
  seen.add(value);
  if (value instanceof ObjectDict && value.attributes) return [new Map(treeOf(value).tensors)];
  for (const key of WRAPPERS) {
    const below = findStateDict(value.get(key), seen);
    if (below) return [value, ...below];
  }
  for (const [key, item] of value) if (typeof key === 'string' && item instanceof TorchTensor) return [value];
  return undefined;
}

/** Entries of plain values. For equal keys the first dict counts. `budget` limits shared and cyclic structures. */
function plainEntries(dicts: Map<Value, Value>[], depth: number, budget: { left: number }): Record<string, unknown> {
  const found = new Map<string, unknown>();
  for (const dict of dicts) {
    for (const [key, value] of dict) {
      if (budget.left-- <= 0) break;
      const isNew = typeof key === 'string' && !found.has(key) && !dicts.includes(value as Map<Value, Value>);
      const plain = isNew ? toPlain(value, depth, budget) : undefined;
      if (plain !== undefined) found.set(key as string, plain);
    }
  }
  // Not by assignment, because `__proto__` would set the prototype.
  return Object.fromEntries(found);
}

/** Undefined for everything but plain data, and for data without information: null, empty dicts, number lists of optimizers. */
function toPlain(value: Value, depth: number, budget: { left: number }): unknown {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    budget.left -= value.length;
    return budget.left > 0 && value.length > 0 && value.every((item) => ['string', 'number', 'boolean'].includes(typeof item))
      ? value
      : undefined;
  }
  if (!(value instanceof Map) || depth === 1) return undefined;
  const inner = plainEntries([value], depth - 1, budget);
  return Object.keys(inner).length > 0 ? inner : undefined;
}
