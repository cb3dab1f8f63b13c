// No file of src/ may depend on itself, neither by values (including what it fetches later) nor by types.
import { parseCircular, parseDependencyTree, prettyCircular } from 'dpdm';
import { throughTables } from './lib/circles.mjs';
import { root } from './lib/setup.mjs';

process.chdir(root);
const values = throughTables(await parseDependencyTree('src/**/*.ts', { transform: true }));
const types = await parseDependencyTree('src/**/*.ts', {});
const circles = [...parseCircular(values), ...parseCircular(types, true)];
console.log(`${Object.keys(types).length} files, ${circles.length} circles`);
if (circles.length > 0) {
  console.error(prettyCircular(circles));
  process.exitCode = 1;
}
