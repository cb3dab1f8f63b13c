/** Which of several trunks its authors evaluate. All copies have the same structure, so only names can tell. */
import type { Trunk } from './trunk.ts';

/**
 * What a word in a trunk's path means. Authors report the results of averages. DINO evaluates its teacher. BYOL and MoCo evaluate the
 * encoder that learns, not the one that follows it.
 */
const WORDS: Readonly<Record<string, number>> = {
  ema: 4,
  swa: 4,
  averaged: 4,
  teacher: 3,
  online: 1,
  query: 1,
  q: 1,
  base: 1,
  student: 0,
  momentum: -2,
  target: -2,
  key: -2,
  k: -2,
  optimizer: -9,
};

/** The best first. Among equals, the deepest network, then the first in the file. `preferred` are trunks that the caller named. */
export function ranked(trunks: readonly Trunk[], preferred: (trunk: Trunk) => boolean = () => false): Trunk[] {
  const size = (trunk: Trunk) => trunk.layers.size;
  const score = (trunk: Trunk) => {
    const words = trunk.tokens.join(' ');
    // MMEngine swaps them when saving, so this entry has the raw weights.
    const swapped = /\bema state dict\b/.test(words) ? -5 : 0;
    // A teacher of another kind taught the network, but is not the result.
    const taught = trunk.tokens.includes('teacher') && trunks.some((one) => size(one) !== size(trunk)) ? -5 : 0;
    return trunk.tokens.reduce((sum, word) => sum + (WORDS[word] ?? 0), swapped + taught) + (preferred(trunk) ? 100 : 0);
  };
  return [...trunks].sort((a, b) => score(b) - score(a) || size(b) - size(a));
}
