/** What is known about the kernels of a GPU, from checks (inspect/verify) or from losses (after-loss.ts). Stored for the next load. */
import { keep, recall, type Topic } from '../gpu/adapter-store.ts';
import type { Engine } from '../gpu/device.ts';
import { avoid, avoidFamily } from '../gpu/refused.ts';
import type { Form } from '../kernels/avoid.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import { markFaults } from './faults.ts';

export interface Fault {
  dispatch: Form;
  reason: string;
  /** If the GPU was lost while it ran: when to forget that, in milliseconds since 1970. Only a plain kernel replaces it. */
  until?: number;
}

/** What is stored: kinds that were right, by their hashes, and dispatches that were not. */
export interface Verdicts {
  good: string[];
  bad: Fault[];
}

const topicOf = (precision: Precision): Topic => `verified ${precision}`;

export async function recallVerdicts({ adapter }: Pick<Engine, 'adapter'>, precision: Precision): Promise<Verdicts> {
  const kept = (await recall(topicOf(precision), adapter)) as Partial<Verdicts> | undefined;
  return {
    good: Array.isArray(kept?.good) ? kept.good.filter((hash) => typeof hash === 'string') : [],
    bad: Array.isArray(kept?.bad) ? kept.bad.filter(isFault) : [],
  };
}

/** Whether it is valid and has not expired. */
function isFault(entry: Fault | undefined): boolean {
  return (
    typeof entry?.dispatch?.kernel === 'string' &&
    typeof entry.dispatch.variant === 'string' &&
    typeof entry.dispatch.constants === 'object' &&
    entry.dispatch.constants !== null &&
    typeof entry.reason === 'string' &&
    (entry.until === undefined || entry.until > Date.now())
  );
}

/** From now on excludes it from this device's plans. Returns false if nothing can replace it. */
export function leaveOut(engine: Engine, { dispatch, reason, until }: Fault): boolean {
  return (until === undefined ? avoid : avoidFamily)(engine, dispatch, reason);
}

/** Excludes what an earlier visit found wrong, before anything is planned. */
export async function avoidKnown(engine: Engine, precision: Precision): Promise<void> {
  const { bad } = await recallVerdicts(engine, precision);
  for (const fault of bad) leaveOut(engine, fault);
}

/** Another model or page may have stored something meanwhile. */
export async function keepAlso(engine: Engine, precision: Precision, good: Iterable<string>, bad: readonly Fault[]): Promise<void> {
  const latest = await recallVerdicts(engine, precision);
  const all = new Map([...latest.bad, ...bad].map((fault) => [JSON.stringify(fault.dispatch), fault]));
  await keep(topicOf(precision), engine.adapter, {
    good: [...new Set([...latest.good, ...good])],
    bad: [...all.values()],
  } satisfies Verdicts);
  if (all.size > 0) await markFaults();
}

/** Forgets losses, because plain kernels did not help. */
export async function forgetLosses(engine: Engine, precision: Precision): Promise<void> {
  const { good, bad } = await recallVerdicts(engine, precision);
  if (bad.some(({ until }) => until !== undefined))
    await keep(topicOf(precision), engine.adapter, { good, bad: bad.filter(({ until }) => until === undefined) } satisfies Verdicts);
}
