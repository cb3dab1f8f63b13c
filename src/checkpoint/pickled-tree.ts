import { ObjectDict } from './object-dict.ts';
import type { Value } from './pickle.ts';
import { TorchTensor } from './torch-pickle.ts';
import type { ModuleInfo } from './types.ts';

/** No real file has deeper modules. */
const MAX_DEPTH = 64;
/** A shared module has several names, as in a state dict. This many are enough. */
const MAX_REPEATS = 1e5;
/** Real ones have about 100 characters. */
const MAX_PATH_LENGTH = 10_000;

export interface PickledTree {
  tensors: Map<string, TorchTensor>;
  modules: Map<string, ModuleInfo>;
}

/** All tensors and modules in it, by path: keys of dicts and indices of lists, joined by dots. */
export function treeOf(root: Value): PickledTree {
  const tensors = new Map<string, TorchTensor>();
  const modules = new Map<string, ModuleInfo>();
  const seen = new Set<Value>();
  const above = new Set<Value>();
  let repeats = 0;
  const visit = (value: Value, path: string, shared: boolean): void => {
    if (value instanceof TorchTensor) tensors.set(path, value);
    if (!(Array.isArray(value) || value instanceof Map) || above.has(value) || above.size > MAX_DEPTH) return;
    if (seen.has(value) && (!shared || ++repeats > MAX_REPEATS)) return;
    seen.add(value);
    const isModule = value instanceof ObjectDict && value.attributes !== undefined;
    if (isModule) modules.set(path, { type: value.className.replace(/^.*\./, ''), attributes: value.attributes ?? {} });
    above.add(value);
    for (const [key, item] of value.entries()) {
      if (typeof item !== 'object' || item === null || (typeof key !== 'string' && typeof key !== 'number')) continue;
      if (path.length < MAX_PATH_LENGTH) visit(item, path === '' ? String(key) : `${path}.${key}`, isModule);
    }
    above.delete(value);
  };
  visit(root, '', false);
  return { tensors, modules };
}
