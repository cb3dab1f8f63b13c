/** loadModel: from a checkpoint to a model that is ready to run. */

import type { LoadOptions, Model, ModelSource, Preprocess } from '../api/types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import type { ResolvedArch } from '../arch/index.ts';
import * as lazy from '../lazy.ts';
import { throwIfAborted } from '../util/errors.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { beginLoad } from '../util/loads.ts';
import { hasFaults } from './faults.ts';
import type { Images } from './image-calls.ts';
import { type LocatedSource, locateSource } from './locate.ts';
import { type LoadReport, ResnetModel } from './model.ts';
import { atTest, type Network, networkOf } from './prepared-network.ts';
import type { ResolvedNetwork } from './resolve.ts';
import { Session } from './session.ts';

/**
 * Loads a ResNet-family network from its PyTorch checkpoint and prepares it for inference.
 *
 * Pipelines compile while the checkpoint is on its way. Inputs of other sizes than `inputSize` work, too, and are
 * prepared on first use.
 *
 * @param source weights and their architecture; an address alone is enough where the file or its repository tells the architecture
 * @param options precision, input size, device, progress, cancelling, …; every one has a default
 * @throws {ResnetError} `usage`, `config`, `unknown-arch`, `unsupported` or `ambiguous-arch` for what was asked; `network`, `integrity`,
 * `checkpoint-format`, `checkpoint-truncated`, `checkpoint-unsafe` or `checkpoint-keys` for the weights; `webgpu-missing`, `adapter-missing`,
 * `device-limits`, `device-lost`, `out-of-memory`, `shader` or `f16-overflow` for the GPU; `aborted`. docs/errors.md says what to do about each
 * @example
 * ```ts
 * import { loadModel } from 'resnet-webgpu';
 *
 * const model = await loadModel({ arch: 'resnet50', weights: 'resnet50.safetensors' }); // or 'hf:timm/resnet50.a1_in1k'
 * const photo = document.querySelector('img');
 * if (photo) console.log(await model.classify(photo)); // [{ label, index, probability }, …]
 * ```
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  await checkOptions(options);
  const { signal, abort, release } = chainedSignal(options.signal);
  const settings = { ...options, signal };
  const endLoad = beginLoad();
  // A GPU that sleeps takes longest of all that comes before the first compilation, so it is woken first.
  const waking = openSession(settings);
  leave(waking, lazy.resolving());
  try {
    const located = await locateSource(source, settings);
    const guess = await guessNetwork(located, settings);
    const session = await waking;
    throwIfAborted(signal);
    if (guess) compileEarly(session, guess, located);
    const opened = await located.opening;
    const { resolveNetwork, bindTensors } = await lazy.resolving();
    const network = await resolveNetwork(located, opened, guess, settings);
    const tensors = await bindTensors(network, located, opened, settings);
    const beside = openBeside(session, network);
    leave(beside);
    const { arch, shape, outputs, preprocess, report, given } = network;
    await session.load({ build: arch.build, graph: network.graph, shape, outputs, reopen: tensors.reopen }, tensors.read);
    await opened?.whole;
    const { images, labels } = await beside;
    await warmUp(session, images, settings);
    const imageRecipe = arch.defaultRun.logits ? preprocess : undefined;
    if (options.verify) await (await lazy.verification()).verify(session, imageRecipe);
    throwIfAborted(signal);
    const weights = { given, open: tensors.open };
    const model = new ResnetModel({ session, arch, preprocess, labels, report, golden: located.golden, weights }, images);
    session.afterResult = () => leave(findOut(session, report, imageRecipe, options));
    return model;
  } catch (error) {
    leave(waking.then((session) => session.dispose()));
    abort();
    throw error;
  } finally {
    endLoad();
    release();
  }
}

/** Work whose failure is told by whoever needs its result. */
function leave(...work: readonly Promise<unknown>[]): void {
  for (const promise of work) promise.catch(() => undefined);
}

async function checkOptions(options: LoadOptions): Promise<void> {
  if (!plausible(options)) throw (await lazy.wrongArguments()).wrongOption(options);
  const unknown = unknownOption('loadModel', options);
  if (unknown) throw await unknown;
  throwIfAborted(options.signal);
}

/** What is wrong with them is said by options.ts, which has the same conditions with their texts. */
function plausible(options: LoadOptions): boolean {
  // Callers without types.
  if (!options) return false;
  const { precision = 'auto', inputSize = [1, 1], batch = 1, memoryBudget = 0, device, signal, onProgress } = options;
  return (
    /^(auto|f32|f16)$/.test(precision) &&
    isEdges(inputSize) &&
    isCount(batch, 'edge') &&
    typeof memoryBudget === 'number' &&
    memoryBudget >= 0 &&
    !(device && !device.limits) &&
    !(signal && !signal.addEventListener) &&
    !(onProgress && typeof onProgress !== 'function')
  );
}

/** A signal of our own that fires with the caller's; `release` lets go of the caller's. */
function chainedSignal(outer: AbortSignal | undefined): { signal: AbortSignal; abort: () => void; release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', abort);
  return { signal: controller.signal, abort, release: () => outer?.removeEventListener('abort', abort) };
}

async function openSession({ tuning, verify, ...options }: LoadOptions): Promise<Session> {
  const precision = options.precision === 'f16' ? 'f16' : 'f32';
  const tuned =
    tuning === 'auto'
      ? (await lazy.keptTuning()).autoOptions(precision)
      : tuning && (await lazy.tuningTable()).tunedOptions(tuning, precision);
  const session = await Session.open({ ...options, ...tuned, precision });
  if (verify !== false && (await hasFaults())) await (await lazy.verdicts()).avoidKnown(session.engine, precision).catch(() => undefined);
  return session;
}

/** Before its keys are known, only a name or a configuration tells the architecture: enough to start compiling. */
async function guessNetwork(located: LocatedSource, options: LoadOptions): Promise<Network | undefined> {
  const { arch, numClasses, scores } = located.source;
  if (arch === undefined) return undefined;
  const { resolveArch } = await lazy.architectures();
  return networkOf(atTest(await resolveArch(arch, { numClasses, scores }), located), located, options);
}

/** Starts to fetch and compile what the network and a first `classify` will probably need, while the checkpoint is on its way. */
function compileEarly(session: Session, { arch, graph, outputs }: Network, located: LocatedSource): void {
  leave(session.precompile(graph, outputs));
  if (!arch.defaultRun.logits) return;
  leave(lazy.imageCalls().then(({ precompileImages }) => precompileImages(session.engine, arch, located)));
  if (!located.source.labels) leave(knownLabels(arch));
}

/**
 * What else a first `classify` needs, fetched while weights are uploaded. Where images cannot be had, say for a recipe of other channels,
 * that concerns them alone and is theirs to report.
 */
async function openBeside(session: Session, { arch, preprocess, labels }: ResolvedNetwork): Promise<Beside> {
  const open = async () => {
    const { Images } = await lazy.imageCalls();
    const images = new Images(session, preprocess, arch.inputChannels);
    leave(images.prepare());
    return images;
  };
  const images = arch.defaultRun.logits ? open().catch(() => undefined) : undefined;
  return { labels: labels ?? (await knownLabels(arch)), images: await images };
}

interface Beside {
  images?: Images;
  labels?: string[];
}

/** Names of the classes of a well-known data set, as many as the network has. */
async function knownLabels({ labels, classes }: ResolvedArch): Promise<string[] | undefined> {
  if (!labels) return undefined;
  const { loadLabels } = await lazy.labelSets();
  const texts = await loadLabels(labels);
  return texts.length === classes ? texts : undefined;
}

/**
 * Drivers finish compiling at the first use of a pipeline; better now than in the first classify. A processor compiles while it runs
 * the network: there, those who begin with an image wait for it themselves.
 */
async function warmUp(session: Session, images: Images | undefined, { signal, onProgress }: LoadOptions): Promise<void> {
  if (session.engine.adapter.software) return;
  onProgress?.({ phase: 'warm', loaded: 0, total: 1 });
  await session.run(session.shape, session.outputs, { write: () => undefined }, { signal });
  onProgress?.({ phase: 'warm', loaded: 1, total: 1 });
  await images?.prepare().catch(() => undefined);
}

/** Which kernels are fastest on this GPU, where that is asked for, and whether they compute what they should. */
async function findOut(
  session: Session,
  report: LoadReport,
  images: Preprocess | undefined,
  { tuning, verify }: LoadOptions,
): Promise<void> {
  // Whoever loses a device later may have lost the network, too.
  leave(lazy.afterLoss());
  if (tuning === 'auto') await (await lazy.measuring()).tuneLater(session, report);
  if (verify === undefined) await (await lazy.verification()).verifyLater(session, images);
}
