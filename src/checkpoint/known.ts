/** What the modules of a pickled model say of its structure, so that it needs no assumption. */
import type { Known } from './assume.ts';
import type { TreeReading } from './read-tree.ts';
import type { General } from './structure.ts';

export function known(structure: General, reading: TreeReading): { config: General; known: Known } {
  const { modules } = reading.checkpoint;
  if (!modules) return { config: structure, known: new Set() };
  return { config: structure, known: new Set() };
}
