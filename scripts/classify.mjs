// `npm run classify -- photo.png`: the package's command, run from the clone.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './lib/setup.mjs';

ensureInstalled();
const cli = join(root, 'dist/cli.js');
if (!existsSync(cli)) run([join(root, 'scripts/build.mjs'), '--quiet'], root);
// npm runs scripts in the root of the repository, but paths are relative to where the command was typed.
run([cli, 'classify', ...process.argv.slice(2)], process.env.INIT_CWD ?? process.cwd());

/** @param {string[]} args @param {string} cwd */
function run(args, cwd) {
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
