/** Before the tests of the package: a test of what was built last week proves nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/setup.mjs';

export function setup(): void {
  if (!isBuilt()) execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--quiet'], { cwd: root, stdio: 'inherit' });
}

function isBuilt(): boolean {
  const program = join(root, 'dist/cli.js');
  if (!existsSync(program)) return false;
  const { mtimeMs } = statSync(program);
  const sources = ['src', 'shaders'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
  );
  return sources.every((path) => statSync(path).mtimeMs < mtimeMs);
}
