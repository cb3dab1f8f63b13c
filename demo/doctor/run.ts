/** Runs the checks one after the other, and reports each when it is done. */
import { isAbort, problemOf } from '../logic/problem.ts';
import type { CheckOptions, Compared } from './check.ts';
import { CHECKS, type Check } from './networks.ts';
import { type Ending, PRECISIONS, type Result } from './results.ts';

export interface Progress {
  results: readonly Result[];
  /** "Res2Net in f16". */
  now: string;
  done: number;
  total: number;
}

export interface RunOptions {
  device: GPUDevice;
  /** Ids of the checks to run. Others are left out. */
  checks: ReadonlySet<string>;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

type Part = (options: CheckOptions) => Promise<Compared[]>;

/** The check that does not run a network: pictures and rankings. */
export const PHOTO: Omit<Check, 'networks'> = {
  id: 'photo',
  title: 'From photo to label',
  what: 'resizing, normalising, the most probable classes',
  concerns: 'Photos are prepared or ranked wrongly here',
};

export const ALL: readonly Omit<Check, 'networks'>[] = [...CHECKS, PHOTO];

function partsOf(id: string): Part[] {
  const check = CHECKS.find((one) => one.id === id);
  if (!check) return [async (options) => (await import('./photo.ts')).checkPhoto(options)];
  return check.networks.map((network) => async (options) => (await import('./check.ts')).checkNetwork(network, options));
}

export async function runChecks({ device, checks, signal, onProgress }: RunOptions): Promise<{ results: Result[]; ending: Ending }> {
  const results = PRECISIONS.flatMap((precision) =>
    ALL.map(({ id }): Result => ({ check: id, precision, state: checks.has(id) ? 'waiting' : 'left-out', compared: [] })),
  );
  const total = results.reduce((sum, { check, state }) => sum + (state === 'waiting' ? partsOf(check).length : 0), 0);
  let done = 0;
  let lost: GPUDeviceLostInfo | undefined;
  device.lost.then((info) => {
    lost = info;
  });
  for (const result of results) {
    if (result.state !== 'waiting') continue;
    const now = `${ALL.find(({ id }) => id === result.check)?.title} in ${result.precision}`;
    result.state = 'running';
    for (const part of partsOf(result.check)) {
      onProgress({ results, now, done, total });
      // Lets the page draw and handle clicks in between.
      await new Promise((next) => setTimeout(next));
      try {
        signal.throwIfAborted();
        result.compared.push(...(await part({ device, precision: result.precision, signal })));
      } catch (error) {
        if (isAbort(error)) return { results: given(results), ending: { kind: 'cancelled' } };
        // A call that fails because the device was lost may end before the loss is reported.
        lost ??= await Promise.race([device.lost, new Promise<undefined>((none) => setTimeout(none, 200))]);
        if (lost) return { results: given(results), ending: { kind: 'lost', during: now, why: lost.message } };
        const { what, remedy } = problemOf(error);
        result.failure ??= { what, remedy };
      }
      done += 1;
    }
    result.state = result.failure ? 'failed' : result.compared.every(({ pass }) => pass) ? 'right' : 'wrong';
    onProgress({ results, now, done, total });
  }
  return { results, ending: { kind: 'complete' } };
}

/** The check that was running has no result. */
function given(results: Result[]): Result[] {
  for (const result of results) if (result.state === 'running') result.state = 'waiting';
  return results;
}
