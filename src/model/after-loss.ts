/**
 * Replaces a lost device. Layers that were being compiled or run get plain kernels on the next one, because some kernels crash drivers, and
 * watchdogs stop runs that take too long. If the page destroyed the device, or the GPU was idle, the kernels stay. Fetched after the first
 * result.
 */
import { schedule } from '../gpu/background.ts';
import { type Engine, type EngineOptions, isLost } from '../gpu/device.ts';
import { type DeviceResources, disposeResources, openResources } from '../gpu/device-resources.ts';
import type { PipelineCache } from '../gpu/pipelines.ts';
import { workDone } from '../gpu/readback.ts';
import { avoidFamily } from '../gpu/refused.ts';
import type { Schedule } from '../gpu/schedule.ts';
import type { Graph } from '../graph/types.ts';
import { type Form, isAlone } from '../kernels/avoid.ts';
import type { Dispatch, Precision } from '../kernels/lib/kernel.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import { isPlain, plainOf } from '../kernels/plain/dispatch.ts';
import type { Plan } from '../plan/types.ts';
import { ResnetError } from '../util/errors.ts';
import { type Fault, forgetLosses, keepAlso } from './verdicts.ts';

/** What the GPU was doing when it was lost. */
interface UnderWay {
  layer: string;
  dispatch: Form;
  doing: 'compiled' | 'ran';
}

/** What recovery needs of a session (session.ts), which fetches this file only after its first result. */
interface Recoverable {
  readonly engine: Engine;
  readonly precision: Precision;
  readonly shape: readonly number[];
  readonly outputs: readonly string[];
  readonly isDisposed: boolean;
  resources: DeviceResources;
  graph(shape: readonly number[]): Graph;
  plan(graph: Graph, outputs: readonly string[]): Plan;
  reopenTensors(): Promise<ReadTensor>;
  upload(resources: DeviceResources, read: ReadTensor): Promise<void>;
  /** @throws ResnetError `disposed` */
  assertUsable(): void;
}

/** The steps of a plan on the device. */
type Steps = readonly { layer: string; dispatch: Dispatch }[];

/** GPUs are also lost for other reasons, for example a laptop that switches to its other GPU, or another page. So kernels are not blamed for long. */
const FORGOTTEN_AFTER_MS = 24 * 3600 * 1000;

const FORM = { variant: '', constants: {} };
const IMAGE_KERNELS: readonly Form[] = ['image-rows', 'image-columns'].map((kernel) => ({ kernel, ...FORM }));
const RANKING: Form = { kernel: 'top-k', ...FORM };

/** @param steps of the network, for the names of layers */
export function underWay({ loss, unfinished = [], submitted, pipelines: { avoided } }: Engine, steps: Steps): UnderWay[] {
  if (!loss || loss.reason === 'destroyed') return [];
  const compiled = unfinished.flatMap((dispatch) =>
    layersOf(dispatch, steps).map((layer): UnderWay => ({ layer, dispatch, doing: 'compiled' })),
  );
  if (!submitted) return compiled;
  const { from, to, input, tail } = submitted;
  const alone = (layer: string, form: Form): UnderWay => {
    const plain = avoided?.reasonOf(form) === undefined ? undefined : plainOf(form as Dispatch);
    return { layer, dispatch: plain ?? form, doing: 'ran' };
  };
  const ran = submitted.steps.slice(from, to).map(({ layer, dispatch }): UnderWay => ({ layer, dispatch, doing: 'ran' }));
  return [
    ...compiled,
    ...(from === 0 && input?.fromImages ? IMAGE_KERNELS.map((form) => alone('image', form)) : []),
    ...ran,
    ...(to === submitted.steps.length && tail?.inPass ? [alone('top-k', RANKING)] : []),
  ];
}

/** Layers that use the pipeline. It may belong to another input size. */
function layersOf(dispatch: Dispatch, steps: Steps): string[] {
  if (isAlone(dispatch)) return [dispatch.kernel.startsWith('image') ? 'image' : 'top-k'];
  const own = steps.filter(({ dispatch: { kernel, variant } }) => kernel === dispatch.kernel && variant === dispatch.variant);
  return own.length > 0 ? own.map(({ layer }) => layer) : [dispatch.kernel];
}

/**
 * Excludes the kernels that were running.
 * @returns what the next device needs to know, or undefined if no kernel is to blame
 * @throws ResnetError `device-lost` if the device is the caller's, or if plain kernels were running
 */
export function blame(engine: Engine, precision: Precision, steps: Steps): ((next: Engine) => void) | undefined {
  const all = underWay(engine, steps);
  const suspects = all.filter(({ dispatch }) => !isPlain(dispatch));
  const error = lossError(engine, steps);
  if (all.length > 0 && suspects.length === 0) {
    forgetLosses(engine, precision).catch(() => undefined);
    throw error;
  }
  const until = Date.now() + FORGOTTEN_AFTER_MS;
  const count = new Set(all.map(({ layer }) => layer)).size;
  const faults = suspects.map(({ dispatch: { kernel, variant, constants }, doing }): Fault => {
    const others = count > 1 ? `, or another of ${count} layers,` : '';
    return {
      dispatch: { kernel, variant, constants },
      reason: `the GPU was lost while it${others} ${doing === 'ran' ? doing : 'was compiled'}`,
      until,
    };
  });
  for (const { dispatch, reason } of faults) avoidFamily(engine, dispatch, reason);
  if (faults.length > 0) keepAlso(engine, precision, [], faults).catch(() => undefined);
  if (engine.callerOwned) throw error;
  if (faults.length === 0) return undefined;
  return (next) => {
    if (suspects.some(({ doing }) => doing === 'compiled')) next.pipelines.gate = oneByOne();
    if (suspects.some(({ doing }) => doing === 'ran')) next.schedule = carefully(next);
  };
}

/** So that a second loss tells which kernel it was. */
function oneByOne(): PipelineCache['gate'] {
  let last: Promise<unknown> = Promise.resolve();
  return (compile) => {
    const next = last.then(compile);
    last = next.catch(() => undefined);
    return next;
  };
}

/** Runs the first time step by step, so that a second loss tells which kernel it was. Later runs are in slices, which no watchdog stops. */
function carefully(engine: Engine): Schedule {
  return async ({ steps }, submit) => {
    for (const i of steps.keys()) {
      submit(i, i + 1);
      await workDone(engine.device);
      // Some say that the work is done, and afterwards that they are gone.
      if (engine.loss) throw lossError(engine, steps);
    }
    engine.schedule = schedule(engine);
  };
}

/**
 * Puts the network on another device. It replaces the lost one only when the whole network is on it. If that fails, the next call tries
 * again, unless the device is lost again.
 * @param isSecond whether it was already lost once while working
 */
export async function replaceDevice(session: Recoverable, options: EngineOptions, isSecond = false): Promise<void> {
  const lost = session.resources;
  const warn = blame(lost.engine, session.precision, stepsOf(session));
  const fresh = await openResources({ ...options, avoided: lost.engine.pipelines.avoided }).catch((cause) => {
    // Chrome gives no adapter to anybody for two minutes once two have been lost.
    throw cause.code === 'adapter-missing' ? lossError(lost.engine, stepsOf(session), cause) : cause;
  });
  warn?.(fresh.engine);
  session.resources = fresh;
  try {
    await session.upload(fresh, await session.reopenTensors());
    session.assertUsable();
    disposeResources(lost);
  } catch (error) {
    // If that one was lost, too, it tells what it was doing.
    const isLostAgain = !session.isDisposed && (await isLost(fresh.engine));
    if (!isLostAgain) session.resources = lost;
    disposeResources(fresh);
    if (isLostAgain || session.isDisposed) disposeResources(lost);
    // Errors in between were caused by the disposal.
    session.assertUsable();
    if (!isLostAgain) throw error;
    if (warn || isSecond) throw lossOf(session);
    await replaceDevice(session, options, true);
  }
}

/** Of the device that the session has. */
export function lossOf(session: Recoverable): ResnetError {
  return lossError(session.engine, stepsOf(session));
}

/** What a plan of the network has on the device, by layer. */
function stepsOf(session: Recoverable): Steps {
  const { steps, derived } = session.plan(session.graph(session.shape), session.outputs);
  return [...derived, ...steps];
}

const MAX_NAMES = 3;

/** The first few. */
function listed(names: Iterable<string>): string {
  const all = [...new Set(names)];
  return all.length > MAX_NAMES + 1 ? `${all.slice(0, MAX_NAMES).join(', ')} and ${all.length - MAX_NAMES} more` : all.join(', ');
}

/**
 * @param steps of the network, for the names of layers
 * @param cause why there is no other device
 */
function lossError(engine: Engine, steps: Steps, cause?: ResnetError): ResnetError {
  const { loss, callerOwned } = engine;
  const all = underWay(engine, steps);
  const doing = (what: UnderWay['doing']) => listed(all.filter((one) => one.doing === what).map(({ dispatch }) => dispatch.kernel));
  const [compiled, ran] = [doing('compiled'), doing('ran')];
  const during = [...(compiled ? [`compiling ${compiled}`] : []), ...(ran ? [`running ${ran}`] : [])].join(' and ');
  const message = (loss?.message || loss?.reason || 'no reason given').replace(/\.$/, '');
  const again = during ? 'Update the browser and the graphics driver, or use a smaller input or batch.' : 'Load the model again.';
  return new ResnetError('device-lost', `The GPU device was lost${during && ` while ${during}`}: ${message}.`, {
    ...(all.length > 0 && { layer: listed(all.map(({ layer }) => layer)) }),
    hint: callerOwned
      ? 'Make a new device and load the model on it.'
      : cause
        ? 'The browser gives no other one now. Call again in some minutes, or restart the browser.'
        : again,
    cause,
  });
}
