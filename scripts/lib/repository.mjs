// Where the project is published, and what of it this is.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

/** What demo/logic/repository.ts says; empty before somebody publishes it. */
export function repositoryAddress() {
  const [, address = ''] = /REPOSITORY: string = '([^']*)'/.exec(readFileSync(join(root, 'demo/logic/repository.ts'), 'utf8')) ?? [];
  return address;
}

/** The commit that is checked out; the branch `main` where there is no git. */
export function currentCommit() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : 'main';
}
