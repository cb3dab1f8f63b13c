import { expect, it } from 'vitest';
import { exampleBlocks, exportedNames, fencedBlocks, withImports } from './blocks.mjs';

it('finds the blocks of a page that can be compiled, and where they are', () => {
  const page = '# A\n\n```ts\nconst a = 1;\n```\n\n```sh\nnpm test\n```\n\n- b:\n  ```js\n  b();\n  ```\n';
  expect(fencedBlocks(page, 'a.md')).toEqual([
    { file: 'a.md', line: 4, language: 'ts', text: 'const a = 1;\n' },
    { file: 'a.md', line: 13, language: 'js', text: '  b();\n' },
  ]);
});

it('finds the examples of doc comments, fenced or not', () => {
  const text = [
    'export interface A {',
    '  /**',
    '   * Does.',
    '   * @example',
    '   * const a = b();',
    '   * a.c();',
    '   * @throws never',
    '   */',
    '  b(): A;',
    '}',
    '/**',
    ' * @example By hand:',
    ' * ```ts',
    ' * d();',
    ' * ```',
    ' */',
    'export declare function d(): void;',
  ].join('\n');
  expect(exampleBlocks(text, 'a.d.ts')).toEqual([
    { file: 'a.d.ts', line: 5, language: 'ts', text: 'const a = b();\na.c();\n' },
    { file: 'a.d.ts', line: 14, language: 'ts', text: 'd();\n' },
  ]);
});

it('imports what an example leaves out, on its first line', () => {
  const exported = { lib: ['loadModel', 'Model', 'Tensor'], 'lib/node': ['openDevice', 'Model'] };
  expect(withImports('const Tensor = 1;\nloadModel(Tensor) as Model;\n', exported)).toBe(
    "import { loadModel, Model } from 'lib'; export {}; const Tensor = 1;\nloadModel(Tensor) as Model;\n",
  );
  expect(withImports("import { loadModel } from 'lib';\nloadModel();", exported)).toBe(
    "export {}; import { loadModel } from 'lib';\nloadModel();",
  );
});

it('reads what a declaration file exports', () => {
  const text = [
    "export type { A, B as C, } from './a.js';",
    "export { d, type E } from './d.js';",
    'export interface F {}',
    'export declare function g(): void;',
  ];
  expect(exportedNames(text.join('\n'))).toEqual(['A', 'C', 'd', 'E', 'F', 'g']);
});
