/** Misspelt names of architectures: sixty random ones. Each must give an error that suggests the right name. */
import { expect, test } from 'vitest';
import { loadModel } from '../model/load.ts';
import { archNames, knownName, namedArch } from './names.ts';

/** A linear congruential generator (Numerical Recipes), so that failures can be repeated. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const EDITS: ((name: string, at: number, letter: string) => string)[] = [
  (name, at) => name.slice(0, at) + name.slice(at + 1),
  (name, at) => name.slice(0, at + 1) + name.slice(at),
  (name, at) => name.slice(0, at) + (name[at + 1] ?? '') + (name[at] ?? '') + name.slice(at + 2),
  (name, at, letter) => name.slice(0, at) + letter + name.slice(at + 1),
];

/** Changes letters only: with another digit it would be another network. */
function typosOf(names: readonly string[], count: number): { typo: string; name: string }[] {
  const pick = chance(18);
  const made = new Map<string, string>();
  while (made.size < count) {
    const name = names[pick(names.length)] ?? '';
    const places = [...name.matchAll(/[a-z](?=[a-z])/g)].map(({ index }) => index);
    const edit = EDITS[pick(EDITS.length)];
    const typo = edit?.(name, places[pick(places.length)] ?? 0, String.fromCharCode(97 + pick(26))) ?? name;
    if (!isKnown(typo)) made.set(typo, name);
  }
  return [...made].map(([typo, name]) => ({ typo, name }));
}

function isKnown(name: string): boolean {
  return knownName(name) !== undefined || archNames().includes(name);
}

test.each(typosOf(archNames(), 60))('$typo: $name', ({ typo, name }) => {
  let error: unknown;
  try {
    namedArch(typo);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: 'ResnetError', code: 'unknown-arch', layer: 'arch' });
  expect((error as { hint: string }).hint.split(/[ ,?]+/)).toContain(name);
});

test('also where a model is loaded', async () => {
  await expect(loadModel({ arch: 'resnte50', weights: { random: 1 } })).rejects.toMatchObject({
    code: 'unknown-arch',
    hint: expect.stringContaining('resnet50'),
  });
});
