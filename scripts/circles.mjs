// No file of src/ may depend on itself: by values (including what it fetches later), by types, or by both together.
import { parseCircular, parseDependencyTree, prettyCircular } from 'dpdm';
import { throughTables } from './lib/circles.mjs';
import { root } from './lib/setup.mjs';

process.chdir(root);
const values = throughTables(await parseDependencyTree('src/**/*.ts', { transform: true }));
const types = await parseDependencyTree('src/**/*.ts', {});
const all = [...parseCircular(values), ...parseCircular(types, true), ...parseCircular(throughTables(types))];
const circles = [...new Map(all.map((circle) => [[...circle].sort().join(), circle])).values()];
console.log(`${Object.keys(types).length} files, ${circles.length} circles`);
if (circles.length > 0) {
  console.error(prettyCircular(circles));
  process.exitCode = 1;
}
