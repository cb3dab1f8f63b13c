/** From embeddings to a linear head: standardise, choose the penalty by leave-one-out, fit. Pure. */

import { Pace } from '../util/pace.ts';
import { compact } from './compact.ts';
import { approximateLogits, exactLogits } from './leave-one-out.ts';
import { type Examples, fitSoftmax } from './regression.ts';
import { folded, type LinearHead, scalingOf, standardized } from './scaling.ts';

/** Penalties to choose from, for mean cross entropy and standardised features. */
const PENALTIES = [30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01];

/** Approximate limit of steps for choosing: n³ for each class and penalty. 2 s on a laptop. */
const CHOICE_COST = 4e8;
/** Limit of steps for leave-one-out with new fits: n² times features times classes. 2 s. */
const EXACT_COST = 1.5e7;

export interface TrainingSet {
  /** Embeddings as returned by the network. */
  rows: readonly Float32Array[];
  /** Class of each embedding. */
  classOf: Int32Array;
  classes: number;
}

export interface TrainedHead extends LinearHead {
  /** The L2 penalty that was chosen. */
  penalty: number;
}

/** @throws ResnetError `aborted` */
export async function trainHead(set: TrainingSet, signal?: AbortSignal): Promise<TrainedHead> {
  const pace = new Pace(signal);
  const penalty = await choosePenalty(set, pace);
  const { examples, expand, scaling } = await prepare(set, pace);
  const parameters = start(examples);
  await fitSoftmax(examples, penalty, parameters, pace);
  return { ...folded(expand(parameters, set.classes), set.classes, scaling), penalty };
}

/**
 * The class of each example according to a head with this penalty that has not seen it. Mean and deviation of the features are those
 * of all examples.
 */
export async function leftOut(set: TrainingSet, penalty: number, signal?: AbortSignal): Promise<{ said: Int32Array; exact: boolean }> {
  const pace = new Pace(signal);
  const { examples } = await prepare(set, pace);
  const parameters = start(examples);
  await fitSoftmax(examples, penalty, parameters, pace);
  const n = set.classOf.length;
  const exact = n * n * examples.width * set.classes <= EXACT_COST;
  const logits = await (exact ? exactLogits : approximateLogits)(examples, penalty, parameters, pace);
  return { said: best(logits, set.classes), exact };
}

/**
 * The largest penalty whose accuracy, by leave-one-out, is within one standard error of the best. With a handful of examples, smaller
 * differences are noise (Breiman et al. 1984, section 3.4.3). On 500 CIFAR-10 images, compared with choosing by cross entropy, this is
 * +0.7 points (10 per class, 512 features of ImageNet), +3.4 (10 per class, the 64 features of a network trained on these classes).
 */
async function choosePenalty(all: TrainingSet, pace: Pace): Promise<number> {
  const set = some(all, Math.max(96, Math.cbrt(CHOICE_COST / all.classes)));
  const { examples } = await prepare(set, pace);
  const parameters = start(examples);
  const n = set.classOf.length;
  const scores: number[] = [];
  for (const penalty of PENALTIES) {
    await fitSoftmax(examples, penalty, parameters, pace);
    const said = best(await approximateLogits(examples, penalty, parameters, pace), set.classes);
    scores.push(said.reduce((sum, label, i) => sum + Number(label === set.classOf[i]), 0) / n);
  }
  const most = Math.max(...scores);
  const enough = most - Math.sqrt((most * (1 - most)) / n);
  const chosen = PENALTIES[scores.findIndex((score) => score >= enough)] ?? 1;
  // The penalty is relative to the sum over the examples, of which there are more.
  return (chosen * n) / all.classOf.length;
}

/** At most this many examples, evenly from every class. */
function some({ rows, classOf, classes }: TrainingSet, limit: number): TrainingSet {
  if (rows.length <= limit) return { rows, classOf, classes };
  const seen = new Map<number, number>();
  const turns = Array.from(classOf, (label, i) => {
    const turn = seen.get(label) ?? 0;
    seen.set(label, turn + 1);
    return { i, turn };
  });
  const kept = turns.sort((a, b) => a.turn - b.turn || a.i - b.i).slice(0, Math.floor(limit));
  return { rows: kept.map(({ i }) => rows[i] as Float32Array), classOf: Int32Array.from(kept, ({ i }) => classOf[i] as number), classes };
}

async function prepare({ rows, classOf, classes }: TrainingSet, pace: Pace) {
  const features = rows[0]?.length ?? 0;
  const scaling = scalingOf(rows, features);
  const { expand, ...reduced } = await compact(standardized(rows, scaling), rows.length, features, pace);
  const examples: Examples = { ...reduced, classOf, classes };
  return { examples, expand, scaling };
}

function start({ width, classes }: Examples): Float64Array {
  return new Float64Array((width + 1) * classes);
}

function best(logits: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: logits.length / classes }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  });
}
