import { expect, test } from 'vitest';
import { beginLoad, quiet } from './loads.ts';

test('what waits for loads goes on after the last of them', async () => {
  await quiet();
  const log: string[] = [];
  const [first, second] = [beginLoad(), beginLoad()];
  const waiting = [quiet(), quiet()].map((wait) => wait.then(() => log.push('quiet')));
  first();
  await Promise.resolve();
  log.push('one left');
  second();
  // Also waits for a load that starts at the same moment.
  const third = beginLoad();
  await new Promise((resolve) => setTimeout(resolve));
  log.push('third');
  third();
  await Promise.all(waiting);
  expect(log).toEqual(['one left', 'third', 'quiet', 'quiet']);
});
