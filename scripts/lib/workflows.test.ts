/** A workflow that may publish in the project's name must not run other people's code. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = '.github/workflows';
const workflows = readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')] as const);

function jobsOf(text: string): string[] {
  return text
    .slice(text.search(/^jobs:$/m))
    .split(/^ {2}(?=[\w-]+:$)/m)
    .slice(1);
}

test.each(workflows)('%s gives rights to write only to jobs that run no code of the checkout', (_, text) => {
  expect(/^permissions:\n((?: {2}.*\n)*)/m.exec(text)?.[1]).toBe('  contents: read\n');
  const trusted = jobsOf(text).filter((job) => /: write$/m.test(job));
  for (const job of trusted) expect(job).not.toMatch(/actions\/checkout|\.ci\/run|node |npm (ci|i|install|run|test|pack)\b/);
  expect(trusted.length).toBe(text.includes('id-token: write') ? 1 : 0);
});

test('what publishes names its actions by commit', () => {
  const actions = readFileSync(`${folder}/release.yml`, 'utf8').matchAll(/uses: \S+@(\S+)/g);
  const revisions = Array.from(actions, ([, revision]) => revision);
  expect(revisions.length).toBeGreaterThan(3);
  expect(revisions).toEqual(revisions.map(() => expect.stringMatching(/^[0-9a-f]{40}$/)));
});

test('the weekly run keeps no push waiting, and no deployment is cut off', () => {
  expect(readFileSync(`${folder}/ci.yml`, 'utf8')).toMatch(/group: ci-\$\{\{ github\.event_name \}\}-/);
  expect(readFileSync(`${folder}/pages.yml`, 'utf8')).toMatch(/cancel-in-progress: false/);
});
