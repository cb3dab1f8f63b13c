import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'left-'));
  vi.resetModules();
  vi.stubEnv('LEFT_TO_FULL', join(folder, 'left.jsonl'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const even = (_: string, i: number) => i % 2 === 0;

it('a short run takes some, and notes how many it leaves', async () => {
  vi.stubEnv('FULL', undefined);
  const { sampled } = await import('./long-run.ts');
  expect(sampled('letters', ['a', 'b', 'c'], even)).toEqual(['a', 'c']);
  expect(sampled('more', ['d', 'e'], even)).toEqual(['d']);
  expect(readFileSync(join(folder, 'left.jsonl'), 'utf8')).toBe('{"what":"letters","left":1,"of":3}\n{"what":"more","left":1,"of":2}\n');
});

it('a full run takes all', async () => {
  vi.stubEnv('FULL', '1');
  const { sampled } = await import('./long-run.ts');
  expect(sampled('letters', ['a', 'b', 'c'], even)).toEqual(['a', 'b', 'c']);
  expect(() => readFileSync(join(folder, 'left.jsonl'))).toThrow(/ENOENT/);
});
