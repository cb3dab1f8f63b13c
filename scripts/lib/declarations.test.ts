import { describe, expect, it } from 'vitest';
import { reachableDeclarations, withJsExtensions } from './declarations.mjs';

describe('declarations', () => {
  it('name modules as consumers look for them', () => {
    const text = "import './a.ts';\nexport * from \"../b/c.ts\";\ntype X = import('./d.ts').X; // see './e.ts' and 'f.ts'\n";
    expect(withJsExtensions(text)).toBe(
      "import './a.js';\nexport * from \"../b/c.js\";\ntype X = import('./d.js').X; // see './e.ts' and 'f.ts'\n",
    );
  });

  it('are reached by every form of import, through one another, in circles too', () => {
    const files: Record<string, string> = {
      'index.d.ts': "export { a } from './a/a.js';\nexport declare function f(): import('./b.js').B;\nimport 'vite/client';",
      'a/a.d.ts': "import '../side.js';\nimport type { B } from '../b.js';",
      'b.d.ts': "import type { a } from './a/a.js';",
      'side.d.ts': 'export {};',
      'node/index.d.ts': 'export {};',
      'orphan.d.ts': "export * from './b.js';",
    };
    const read = (file: string) => {
      const text = files[file];
      if (text === undefined) throw new Error(`no ${file}`);
      return text;
    };
    const found = reachableDeclarations(['index.d.ts', 'node/index.d.ts'], read);
    expect([...found].sort()).toEqual(['a/a.d.ts', 'b.d.ts', 'index.d.ts', 'node/index.d.ts', 'side.d.ts']);
    expect(() => reachableDeclarations(['orphan.d.ts', 'absent.d.ts'], read)).toThrow('no absent.d.ts');
  });
});
