/** Public names with insufficient documentation in an editor's hover. */
import { readFileSync } from 'node:fs';
import type { PublicName } from './public-names.ts';

/** The existing codes, from the type. */
export function errorCodes(): string[] {
  const text = readFileSync(new URL('../../src/util/errors.ts', import.meta.url), 'utf8');
  const [, union = ''] = /export type ErrorCode =([^;]*);/.exec(text) ?? [];
  return [...union.matchAll(/'([^']+)'/g)].flatMap(([, code]) => code ?? []);
}

/**
 * A sentence for each problem. A function must either name a code that it throws, or say that it does not throw. If it refers to another one
 * ("as `preprocess`"), it must name that.
 */
export function undocumented(names: readonly PublicName[]): string[] {
  const codes = new Set(errorCodes());
  return names.flatMap(({ name, place, comment, called }) => {
    const problems: string[] = [];
    if (!/\p{L}/u.test(comment)) problems.push('has no comment');
    if (called) {
      const [, thrown] = /@throws ([\s\S]*?)(?=@\w|\*\/$)/.exec(comment) ?? [];
      if (thrown !== undefined) {
        const named = [...thrown.matchAll(/`([^`]+)`/g)].flatMap(([, word]) => word ?? []);
        const known = named.some((word) => codes.has(word)) || /\bas (for|the other|`)/.test(thrown);
        if (!known) problems.push('throws no code that there is');
      } else if (!/does not throw/i.test(comment)) problems.push('does not say what it throws');
      if (!/@example[\s\S]*```ts/.test(comment)) problems.push('has no example');
    }
    return problems.map((problem) => `${name} ${problem} (${place})`);
  });
}
