/** Whether layers that won in f16 arithmetic compute what float32 does: of models in f16, whose storage is the same in both. */

import type { TunedShape } from '../api/tuning-types.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable } from '../gpu/executable.ts';
import { arrayInput } from '../gpu/input-writer.ts';
import { readOnce } from '../gpu/read-once.ts';
import { inspectRun } from '../inspect/inspect-run.ts';
import { fromView, relativeError } from '../inspect/read-values.ts';
import { seededInput } from '../inspect/seeded.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { DeviceProfile } from '../kernels/lib/kernel.ts';
import type { Session } from '../model/session.ts';
import { ResnetError } from '../util/errors.ts';
import { type Entry, stepsOf } from './rounds.ts';
import { byShape } from './tuning-table.ts';
import { reject } from './winners.ts';

/** Relative L2 error that a layer may have gathered by its output. Whole networks in f16 are off by 4e-4 to 7e-4. */
export const TOLERANCE = 1e-2;

/**
 * The winners, of which none in f16 is off: one that is loses its times, and the next best takes its place (`reject`).
 * @param pick the fastest of each shape
 */
export async function withoutErrors(
  session: Session,
  profile: DeviceProfile,
  entries: readonly Entry[],
  pick: (entries: readonly Entry[]) => TunedShape[],
): Promise<TunedShape[]> {
  for (;;) {
    const winners = pick(entries);
    const names = new Map(winners.map(({ shape, winner }) => [shape, winner]));
    const inF16 = entries.filter(({ shape }) => names.get(shape)?.startsWith('f16'));
    const bad = inF16.length > 0 ? await firstBad(session, profile, names, inF16) : undefined;
    if (!bad) return winners;
    reject(bad, names.get(bad.shape) ?? '');
  }
}

/** The first layer in f16 whose output is off, of one run on the same input in both arithmetics. */
function firstBad(
  session: Session,
  profile: DeviceProfile,
  names: ReadonlyMap<string, string>,
  inF16: readonly Entry[],
): Promise<Entry | undefined> {
  const { shape, outputs } = session;
  const inspect = <T>(tuned: TunedVariant, use: (run: LayerRun) => Promise<T>) =>
    inspectRun(
      session,
      shape,
      outputs,
      async (executable, engine) => {
        await executable.run(arrayInput(seededInput(shape)), executable.allOutputs);
        return use(new LayerRun(executable, engine));
      },
      { tuned, profile, keepAll: false },
    );
  // The same tiles but for their arithmetic.
  const float32 = byShape((shape) => names.get(shape)?.replace(/^f16 /, ''));
  const half = byShape((shape) => names.get(shape));
  const checked = inspect(float32, (expected) =>
    inspect(half, async (actual) => {
      for (const entry of inOrder(inF16, expected.layers)) {
        const error = relativeError(await actual.outputOf(entry.layer), await expected.outputOf(entry.layer));
        if (!(error <= TOLERANCE)) return entry;
      }
      return undefined;
    }),
  );
  return checked.catch((error) => {
    if (!(error instanceof ResnetError) || error.code !== 'f16-overflow') throw error;
    return inF16.find(({ layer }) => layer === error.layer) ?? inF16[0];
  });
}

function inOrder(entries: readonly Entry[], layers: readonly string[]): Entry[] {
  return [...entries].sort((a, b) => layers.indexOf(a.layer) - layers.indexOf(b.layer));
}

/** A run that stops where somebody looks, since what is read later may be overwritten by then. */
class LayerRun {
  readonly #executable: Executable;
  readonly #engine: Engine;
  #done = 0;

  /** @param executable has its input */
  constructor(executable: Executable, engine: Engine) {
    this.#executable = executable;
    this.#engine = engine;
  }

  get layers(): string[] {
    return this.#executable.plan.steps.map(({ layer }) => layer);
  }

  /** Of layers in the order of the plan. */
  async outputOf(layer: string): Promise<Float32Array> {
    const { steps, tensors, precision } = this.#executable.plan;
    const last = stepsOf(steps, layer).at(-1) ?? 0;
    const { operands = [], dispatch } = steps[last] ?? {};
    const written = operands[dispatch?.bindings.lastIndexOf('write') ?? -1];
    const tensor = written?.kind === 'tensor' ? written.tensor : -1;
    const view = tensors[tensor]?.view;
    const { buffer, byteOffset, byteLength } = this.#executable.tensorRange(tensor);
    const bytes = await readOnce(this.#engine, byteLength, (encoder, staging) => {
      const pass = encoder.beginComputePass();
      this.#executable.encodeSteps(pass, this.#done, last + 1);
      pass.end();
      encoder.copyBufferToBuffer(buffer, byteOffset, staging, 0, byteLength);
    });
    this.#done = last + 1;
    return view ? fromView(bytes, view, precision) : new Float32Array(bytes);
  }
}
