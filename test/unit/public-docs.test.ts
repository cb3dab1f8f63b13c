/** An editor's hover explains everything that is public: what it is, what it throws, and how to call it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { publicNames } from '../support/public-names.ts';
import { undocumented } from '../support/undocumented.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const config = join(root, 'tsconfig.build.json');
const entries = ['index', 'export/index', 'classes/index', 'tfjs/index', 'testing/index', 'node/index'];

describe('public names', () => {
  const names = publicNames(
    root,
    entries.map((entry) => join(root, 'src', `${entry}.ts`)),
    config,
  );

  test('are all found', () => {
    const known = names.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining(['loadModel', 'Model.run', 'ModelInfo.adapter.vendor', 'OpAttributes.gem.p', 'toOnnx']));
    expect(known).toEqual(expect.arrayContaining(['openDevice', 'runOp', 'ImageIndex.search', 'readTfjsWeights', 'ResnetError.code']));
    const called = names.filter((one) => one.called).map(({ name }) => name);
    expect(called).toEqual(expect.arrayContaining(['loadModel', 'Model.run', 'Classifier.train', 'CheckpointTensor.read']));
    // The caller's own: a handler of TF.js.
    expect(called).not.toContain('TfjsHandler.load');
  });

  test('have comments; functions say what they throw, and have an example', () => {
    expect(undocumented(names)).toEqual([]);
  });
});

describe('the check', () => {
  const comment = '/** Does it. @throws {ResnetError} `usage`\n@example\n```ts\n``` */';
  const cases: [string, string, string[]][] = [
    ['a whole one', `${comment} export function f(o: { /** A. */ a: number }): void {}`, []],
    ['a name', 'export interface A { /** B. */ b: number }', ['A has no comment']],
    ['a field', '/** A. */ export interface A { b: number }', ['A.b has no comment']],
    ['a field of an option', `${comment} export function f(o: { a: number }): void {}`, ['f.a has no comment']],
    ['a type that is not exported', '/** A. */ export type A = B[]; interface B { /** C. */ c: number }', ['B has no comment']],
    ['a line comment', '// A.\nexport type A = number;', ['A has no comment']],
    ['an empty comment', '/** */ export type A = number;', ['A has no comment']],
    ['no @throws', '/** F. @example ```ts\n``` */ export function f(): void {}', ['f does not say what it throws']],
    [
      'no code',
      '/** F. @throws {ResnetError} at times. @example ```ts\n``` */ export function f(): void {}',
      ['f throws no code that there is'],
    ],
    ['another code', `${comment.replace('usage', 'use')} export function f(): void {}`, ['f throws no code that there is']],
    ['no example', '/** F. Does not throw. */ export function f(): void {}', ['f has no example']],
    [
      'a method of what a function gives',
      `${comment} export function f(): A { throw 0; } /** A. */ export interface A { /** G. */ g(): void }`,
      ['A.g does not say what it throws', 'A.g has no example'],
    ],
    ['a method of what it gets', `${comment} export function f(a: A): void {} /** A. */ export interface A { /** G. */ g(): void }`, []],
    ['a private field', '/** A. */ export class A { #a = 1; private b = 2; /** C. */ c = this.#a + this.b; }', []],
    [
      'a second overload',
      `${comment} export function f(a: 1): 1; export function f(a: 2): 2; export function f(a: number) { return a; }`,
      ['f has no comment', 'f does not say what it throws', 'f has no example'],
    ],
  ];
  const folder = mkdtempSync(join(tmpdir(), 'public-docs-'));
  const files = cases.map((_, i) => join(folder, `case${i}.ts`));
  for (const [i, [, text]] of cases.entries()) writeFileSync(files[i] ?? '', text);
  // Once for all tests, because the compiler takes half a second to start.
  const found = publicNames(folder, files, config);
  rmSync(folder, { recursive: true, force: true });

  test.each(cases.map(([title, , problems], i) => [title, i, problems] as const))('%s', (_, i, problems) => {
    const names = found.filter(({ place }) => place.startsWith(`case${i}.ts:`));
    expect(undocumented(names).map((line) => line.replace(/ \(.*/, ''))).toEqual(problems);
  });
});
