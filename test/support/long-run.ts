/** The tests that `npm test` leaves to `npm run test:full`. scripts/test.mjs says so at its end. */
import { appendFileSync } from 'node:fs';

/** Whether this is `npm run test:full`. */
export const isFull = process.env.FULL !== undefined;

/** All of them in a full run, otherwise the selected ones. The others are counted. */
export function sampled<T>(what: string, all: readonly T[], isWanted: (one: T, i: number) => boolean): T[] {
  if (isFull) return [...all];
  const some = all.filter(isWanted);
  const note = JSON.stringify({ what, left: all.length - some.length, of: all.length });
  if (process.env.LEFT_TO_FULL) appendFileSync(process.env.LEFT_TO_FULL, `${note}\n`);
  return some;
}
