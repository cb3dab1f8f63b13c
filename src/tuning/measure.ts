/**
 * The measurement of `tuning: 'auto'`. After a model's first result, layer shapes without a stored time are measured: for each
 * shape, the few forms with the best estimates. It takes less than a second on a GPU of 5 TFLOP/s. The next load uses the table
 * (auto.ts). The loaded model does not change.
 */
import type { TuningReport } from '../api/tuning-types.ts';
import { MAX_IN_FLIGHT } from '../gpu/turns.ts';
import { finalists } from '../kernels/conv/named.ts';
import type { LoadReport } from '../model/model.ts';
import type { Session } from '../model/session.ts';
import { ResnetError } from '../util/errors.ts';
import { quiet } from '../util/loads.ts';
import { measurable } from './clock.ts';
import { withoutErrors } from './f16-error.ts';
import { keepTuning, keptTuning } from './kept.ts';
import { probe } from './probe.ts';
import { type Entry, findShapes, timeRound } from './rounds.ts';
import { withHalves } from './tuning-table.ts';
import { pickWinners } from './winners.ts';

/** Candidates are timed twice, and the default four times. If that would take longer than this, all are timed half as often. */
const CHEAP_US = 0.8e6;

/** Measuring takes no longer than this. Shapes that are left then keep their default. */
const BUDGET_US = 10e6;

/** If the clock needs longer runs than this to measure a kernel, measuring would keep the GPU busy for seconds. */
const COARSEST_US = 8000;

/** Only one measurement runs at a time, because two would slow each other down. */
let last: Promise<unknown> = Promise.resolve();

/** Measures this session's shapes that were not measured yet. Never rejects: the load's report has the outcome. */
export function tuneLater(session: Session, load: LoadReport): Promise<void> {
  const report: TuningReport = { state: 'waiting', timed: 0, faster: 0 };
  load.tuning = report;
  const measuring = last
    .then(() => measure(session, report))
    .catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      done(report, 'stopped', error instanceof ResnetError && error.code === 'disposed' ? 'The model was disposed.' : message);
    })
    .then(() => {
      if (report.state === 'coarse' && report.why) load.warnings.push(report.why);
    });
  last = measuring;
  return measuring;
}

async function measure(session: Session, report: TuningReport): Promise<void> {
  await quiet();
  const engine = await session.ready();
  const { precision } = session;
  const { adapter } = engine;
  const kept = await keptTuning(precision, adapter);
  const all = session.profileFor(session.graph(session.shape), session.outputs);
  if (all.lean) return done(report, 'stopped', 'memoryBudget leaves no room for other kernels.');
  const isHidden = !adapter.software && adapter.description === '';
  const targetUs = measurable(!engine.device.features.has('timestamp-query'));
  const known = (entry: Entry) => kept.variants[entry.shape] !== undefined;
  let profile = await withHalves(all, precision, engine.device);
  if (findShapes(session, profile, () => []).every(known)) return done(report, 'kept');
  const coarse = kept.coarse ?? (targetUs > COARSEST_US ? TOO_COARSE : undefined);
  if (coarse) return done(report, 'coarse', coarse);

  report.state = 'measuring';
  const units = isHidden ? (kept.units ?? (await alone(session, () => probe(engine)))) : undefined;
  profile = { ...profile, ...units };
  const entries = findShapes(session, profile, (params) => finalists(params, profile)).filter((entry) => !known(entry));
  const count = entries.reduce((sum, { candidates }) => sum + candidates.length + 1, 0);
  const samples = count * 2 * targetUs > CHEAP_US ? 1 : 2;
  const timing = { profile, samples, targetUs, ready: quiet, alone: (time: () => Promise<number>) => alone(session, time) };
  const round = async (number: number, among: Entry[]) => {
    await timeRound(session, among, number, { ...timing, onTimed: () => void report.timed++ });
  };
  await round(0, entries);
  const blanks = entries.filter(({ times }) => ![...times.values()].flat().some((us) => us > 0)).length;
  if (blanks * 2 > entries.length) {
    await keepTuning(precision, adapter, { variants: {}, units, coarse: TOO_COARSE });
    return done(report, 'coarse', TOO_COARSE);
  }
  const affordable = affordableOf(entries, targetUs);
  const most = Math.max(0, ...affordable.map(({ candidates }) => candidates.length));
  for (let number = 1; number < most; number++) await round(number, affordable);
  if (most > 1) await round(0, affordable);
  const winners = await withoutErrors(session, profile, affordable, pickWinners);
  const found = new Map(winners.map(({ shape, winner }) => [shape, winner]));
  // Shapes without a measurement are stored with their default, so that the next load does not try them again.
  const variants = Object.fromEntries(entries.map(({ shape, default: usual }) => [shape, found.get(shape) ?? usual]));
  await keepTuning(precision, adapter, { variants, units });
  report.faster = winners.filter(({ winner, default: usual }) => winner !== usual).length;
  done(report, 'measured');
}

/**
 * Takes all turns, so that no call of the model uses the GPU meanwhile and adds to the kernel's time. A call waits for at most one
 * measurement, which is about 10 ms on a GPU.
 */
async function alone<T>({ turns }: Session, use: () => Promise<T>): Promise<T> {
  let taken = 0;
  try {
    for (; taken < MAX_IN_FLIGHT; taken++) await turns.enter();
    return await use();
  } finally {
    while (taken-- > 0) turns.leave();
  }
}

const TOO_COARSE = 'The clock of this browser is too coarse to compare kernels, so kernels are chosen by estimates.';

function done(report: TuningReport, state: TuningReport['state'], why?: string): void {
  Object.assign(report, { state, ...(why && { why }) });
}

/** The shapes that take most of a network's time, as many as fit into the budget. */
function affordableOf(entries: readonly Entry[], targetUs: number): Entry[] {
  let left = BUDGET_US;
  const us = ({ times }: Entry) => Math.min(...[...times.values()].flat().filter((time) => time > 0));
  const byCost = [...entries].sort((a, b) => us(b) * b.layers - us(a) * a.layers);
  return byCost.filter((entry) => {
    const price = Math.max(us(entry), targetUs) * 2 * entry.candidates.length;
    left -= price;
    return left > 0;
  });
}
