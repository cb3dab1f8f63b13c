// Where the project is published, and which commit this is.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** The value in demo/logic/repository.ts. Empty until somebody publishes the project. */
export function repositoryAddress() {
  const [, address = ''] = /REPOSITORY: string = '([^']*)'/.exec(readFileSync(join(root, 'demo/logic/repository.ts'), 'utf8')) ?? [];
  return address;
}

/** The commit that is checked out, or the branch `main` if there is no git. */
export function currentCommit() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'main';
}
