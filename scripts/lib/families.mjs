// The families of kernels that the core lacks are fetched together. src/kernels/families.ts names each with an import() of its own, of
// which a bundler makes a file each; a build has one file for all of them.
import { join } from 'node:path';
import { root } from './setup.mjs';

const table = join(root, 'src/kernels/families.ts');
/** No file: what a build imports in place of each. */
const together = join(root, 'src/kernels/kernels.ts');

/** @returns {import('vite').Plugin} */
export function families() {
  /** @type {string[]} */
  let paths = [];
  return {
    name: 'families',
    enforce: 'pre',
    apply: 'build',
    resolveId: { filter: { id: /kernels\.ts$/ }, handler: (id) => (id === together ? id : undefined) },
    load: { filter: { id: together }, handler: () => paths.map((path, i) => `export * as family${i} from '${path}';`).join('\n') },
    transform: {
      filter: { id: table },
      handler(code) {
        paths = [];
        const built = code.replace(/import\('(\.\/[\w-]+\/lowering\.ts)'\)/g, (_, path) => {
          paths.push(path);
          return `import('${together}').then((all) => all.family${paths.length - 1})`;
        });
        // No line moves.
        return { code: built, map: null };
      },
    },
  };
}
