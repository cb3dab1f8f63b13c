/** The caller's `rename`, for names that are not understood, or to choose one of several networks. */

import type { ModelSource } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import type { OpenedWeights } from './opened-weights.ts';
import { detectScheme } from './scheme.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

export type Rename = NonNullable<Extract<ModelSource, { rename?: unknown }>['rename']>;

/** The same weights under other names. Also applies when they are read again. */
export function renamedWeights({ checkpoint, reopen, ...rest }: OpenedWeights, rename: Rename): OpenedWeights {
  return {
    ...rest,
    checkpoint: renamedCheckpoint(checkpoint, rename),
    ...(reopen && { reopen: async () => renamedCheckpoint(await reopen(), rename) }),
  };
}

/**
 * Names are full paths of the file's tensors. In a table, the longest matching prefix counts, and keys without a match stay. What is under
 * a prefix of the table takes precedence over the rest of the file. A function drops a tensor by returning undefined.
 * @throws ResnetError `usage` if two tensors would get the same name, or none is left
 */
export function renamedCheckpoint(checkpoint: Checkpoint, rename: Rename): Checkpoint {
  const change = typeof rename === 'function' ? rename : table(rename);
  const tensors = new Map<string, CheckpointTensor>();
  const chosen = new Set<string>();
  for (const [key, tensor] of checkpoint.tree ?? checkpoint.tensors) {
    const name = change(key);
    if (name === undefined) continue;
    if (typeof name !== 'string' || tensors.has(name)) {
      throw new ResnetError(
        'usage',
        `gives '${key}' the name '${String(name)}', ${tensors.has(name) ? 'which another tensor has' : 'which is not a name'}.`,
        {
          layer: 'rename',
          hint: 'Give each tensor its own name; a function leaves tensors out by returning undefined.',
        },
      );
    }
    tensors.set(name, tensor);
    if (name !== key) chosen.add(name);
  }
  if (!tensors.size) {
    const keys = [...(checkpoint.tree ?? checkpoint.tensors).keys()].slice(0, 3).join(', ');
    throw new ResnetError('usage', 'leaves out every tensor.', { layer: 'rename', hint: `The file's are called ${keys} and so on.` });
  }
  const { modules: _, tree: __, ...rest } = checkpoint;
  return { ...rest, scheme: detectScheme(tensors.keys()), tensors, renamed: chosen };
}

function table(prefixes: Readonly<Record<string, string>>): (key: string) => string {
  const longestFirst = Object.entries(prefixes).sort(([a], [b]) => b.length - a.length);
  return (key) => {
    const found = longestFirst.find(([prefix]) => key.startsWith(prefix));
    return found ? found[1] + key.slice(found[0].length) : key;
  };
}
