// The families of kernels outside of the core are fetched together. src/kernels/families.ts has an import() for each, for which a bundler
// would make separate files. A build has one file for all of them.
import { join } from 'node:path';
import { root } from './setup.mjs';

const table = join(root, 'src/kernels/families.ts');
/** Not a real file: a build imports it instead of each family. */
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
        // No lines move.
        return { code: built, map: null };
      },
    },
  };
}
