/** From the object in a pickle to named tensors. */

import { ResnetError } from '../util/errors.ts';
import { Opaque, type Value } from './pickle.ts';
import { treeOf } from './pickled-tree.ts';
import * as lazy from './pytorch-lazy.ts';
import type { TensorFile } from './safetensors.ts';
import type { TorchTensor } from './torch-pickle.ts';
import { inline, type StorageBytes, torchTensor } from './torch-tensor.ts';
import type { CheckpointTensor } from './types.ts';
import { type Unwrapped, unwrap } from './unwrap.ts';

/** Bytes of a storage that is outside of the pickle. */
type FindStorage = (tensor: TorchTensor) => StorageBytes | undefined;

/** @throws ResnetError `checkpoint-keys` if there are no tensors */
export async function contents(pickled: Value, file: string, find: FindStorage = () => undefined): Promise<TensorFile> {
  const root = hasObjects(pickled) ? (await lazy.pickledObjects()).openObjects(pickled, file) : pickled;
  const { tensors, modules } = treeOf(root);
  const bound = new Map<TorchTensor, CheckpointTensor>();
  const bind = (key: string, tensor: TorchTensor): CheckpointTensor => {
    const made = bound.get(tensor) ?? torchTensor(key, tensor, inline(tensor.storage) ?? find(tensor), file);
    bound.set(tensor, made);
    return made;
  };
  const { tensors: best, metadata } = unwrapped(root, tensors, file);
  const named = new Map([...best].map(([key, tensor]) => [key, bind(key, tensor)]));
  const tree = new Map([...tensors].map(([key, tensor]) => [key, orBroken(tensor, () => bind(key, tensor))]));
  return { tensors: named, metadata, tree, ...(modules.size > 0 && { modules }) };
}

/** If no dict contains tensors directly, takes all tensors by their paths. */
function unwrapped(root: Value, tensors: Map<string, TorchTensor>, file: string): Unwrapped {
  try {
    return unwrap(root, file);
  } catch (error) {
    if (error instanceof ResnetError && error.code === 'checkpoint-keys' && tensors.size > 0) return { tensors, metadata: {} };
    throw error;
  }
}

/** A damaged tensor is only reported when it is needed. A file has many that nobody needs (an optimizer's). */
function orBroken({ dtype = 'f32', shape }: TorchTensor, bind: () => CheckpointTensor): CheckpointTensor {
  try {
    return bind();
  } catch (error) {
    return { dtype, shape, read: () => Promise.reject(error) };
  }
}

function hasObjects(root: Value): boolean {
  const seen = new Set<Value>();
  const pending: Value[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (value instanceof Opaque && (value.args || value.state)) return true;
    if (!(Array.isArray(value) || value instanceof Map) || seen.has(value)) continue;
    seen.add(value);
    for (const item of value.values()) if (typeof item === 'object' && item !== null) pending.push(item);
  }
  return false;
}
