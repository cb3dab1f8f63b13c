// npm run build:demo -- [--model FOLDER] [--docs ADDRESS]: the pages under demo/ as a website, by default only with the ten-class network.
//   --docs   address of the documentation site, to which the page then links
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readOwnModel } from './lib/own-model.mjs';
import { root } from './lib/setup.mjs';

const { values } = parseArgs({ options: { model: { type: 'string' }, out: { type: 'string' }, docs: { type: 'string' } } });
const folder = values.model === undefined ? undefined : resolve(values.model);
if (folder !== undefined) {
  try {
    readOwnModel(folder);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
const out = values.out === undefined ? [] : ['--outDir', resolve(values.out)];
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--mode', 'demo', ...out], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(folder !== undefined && { DEMO_MODEL: folder }), ...(values.docs && { VITE_DOCS: values.docs }) },
});
process.exit(status ?? 1);
