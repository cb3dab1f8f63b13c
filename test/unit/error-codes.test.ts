/** Each error code is explained once in docs/errors.md, and once in the comment of its type. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../support/undocumented.ts';

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const codes = errorCodes();

test('there are some', () => {
  expect(codes.length).toBeGreaterThan(20);
  expect(new Set(codes).size).toBe(codes.length);
});

test('docs/errors.md has a row for each, with cause and remedy', () => {
  const table = read('docs/errors.md').split(/^\| code \| when \| what to do \|$/m)[1] ?? '';
  const rows = [...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  expect(rows.map(([, code]) => code).toSorted()).toEqual(codes.toSorted());
  expect(rows.filter(([, , when = '', remedy = '']) => when.length < 10 || remedy.length < 10).map(([, code]) => code)).toEqual([]);
});

test('the type says what each means', () => {
  const [, comment = ''] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export type ErrorCode/.exec(read('src/util/errors.ts')) ?? [];
  expect([...comment.matchAll(/^ \* - `([^`]+)`: \S/gm)].map(([, code]) => code)).toEqual(codes);
});
