/** loadModel: from a checkpoint to a model that is ready to run. */

import type { LoadOptions, Model, ModelSource, Preprocess } from '../api/types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import * as lazy from '../lazy.ts';
import { throwIfAborted } from '../util/errors.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { beginLoad } from '../util/loads.ts';
import { hasFaults } from './faults.ts';
import type { Images } from './image-calls.ts';
import { type LocatedSource, locateSource } from './locate.ts';
import { type LoadReport, ResnetModel } from './model.ts';
import { atTest, type PreparedNetwork, prepareNetwork } from './prepared-network.ts';
import type { ResolvedNetwork } from './resolve.ts';
import { outputsTail, Session } from './session.ts';

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
  // Waking a sleeping GPU takes longer than anything else before the first compilation, so it starts first.
  const openingSession = openSession(settings);
  // The code for the later stages downloads meanwhile.
  inBackground(openingSession, lazy.resolving(), lazy.binding());
  try {
    const located = await locateSource(source, settings);
    const early = await networkOfArch(located, settings);
    const session = await openingSession;
    throwIfAborted(signal);
    if (early) compileEarly(session, early, located);
    const opened = await located.opening;
    const [{ resolveNetwork }, { bindTensors }] = await Promise.all([lazy.resolving(), lazy.binding()]);
    const network = await resolveNetwork(located, opened, early, settings);
    const tensors = await bindTensors(network, located, opened, settings);
    const openingExtras = openExtras(session, network);
    inBackground(openingExtras);
    await session.load(network, tensors);
    await opened?.whole;
    const { images, imagesCompiled, labels } = await openingExtras;
    const isWarm = await warmUp(session, imagesCompiled, settings);
    const { arch, preprocess, report, archSpec } = network;
    const imagePreprocess = arch.defaultRun.logits ? preprocess : undefined;
    if (options.verify ?? !isWarm) await (await lazy.verification()).verify(session, imagePreprocess);
    throwIfAborted(signal);
    const weights = { archSpec, reopenCheckpoint: tensors.reopenCheckpoint };
    const model = new ResnetModel({ session, arch, preprocess, labels, report, golden: located.card?.golden, weights }, images);
    session.afterResult = () => inBackground(tuneAndVerify(session, report, imagePreprocess, options));
    return model;
  } catch (error) {
    inBackground(openingSession.then((session) => session.dispose()));
    abort();
    throw error;
  } finally {
    endLoad();
    release();
  }
}

/** Work that nobody awaits here. Its error shows where somebody awaits the same promise, or nowhere. */
function inBackground(...work: readonly Promise<unknown>[]): void {
  for (const promise of work) promise.catch(() => undefined);
}

async function checkOptions(options: LoadOptions): Promise<void> {
  if (!plausible(options)) throw (await lazy.wrongArguments()).wrongOption(options);
  const unknown = unknownOption('loadModel', options);
  if (unknown) throw await unknown;
  throwIfAborted(options.signal);
}

/** The same conditions are in api/wrong-arguments.ts with their error texts, which are fetched only for an error. */
function plausible(options: LoadOptions): boolean {
  // JavaScript callers may pass anything.
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

/** A signal that the load can also abort itself. After `release`, the caller's signal no longer affects the model. */
function chainedSignal(outer: AbortSignal | undefined): { signal: AbortSignal; abort: () => void; release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  // It may have fired while the options were checked.
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort);
  return { signal: controller.signal, abort, release: () => outer?.removeEventListener('abort', abort) };
}

async function openSession({ tuning, verify, ...options }: LoadOptions): Promise<Session> {
  const precision = options.precision === 'f16' ? 'f16' : 'f32';
  const tuned =
    tuning === 'auto'
      ? (await lazy.keptTuning()).autoOptions(precision)
      : tuning && (await lazy.tuningTable()).tunedOptions(tuning, precision);
  const session = await Session.create({ ...options, ...tuned, precision });
  if (verify !== false && (await hasFaults())) await (await lazy.verdicts()).avoidKnown(session.engine, precision).catch(() => undefined);
  return session;
}

/** Before the checkpoint is there, `arch` alone gives a network. That is enough to start compiling. */
async function networkOfArch(located: LocatedSource, options: LoadOptions): Promise<PreparedNetwork | undefined> {
  const { arch, numClasses, scores } = located.source;
  if (arch === undefined) return undefined;
  const { resolveArch } = await lazy.architectures();
  return prepareNetwork(atTest(await resolveArch(arch, { numClasses, scores }), located), located, options);
}

/** Starts to fetch and compile what the network and a first `classify` will probably need, while the checkpoint is on its way. */
function compileEarly(session: Session, network: PreparedNetwork, { source }: LocatedSource): void {
  inBackground(session.precompile(network));
  const { defaultRun, preprocess, labels } = network.arch;
  if (!defaultRun.logits) return;
  inBackground(lazy.imageCalls().then(({ precompileImages }) => precompileImages(session.engine, preprocess)));
  if (labels && !source.labels) inBackground(lazy.labelSets().then(({ loadLabels }) => loadLabels(labels)));
}

/**
 * What else a first `classify` needs, fetched while weights are uploaded. If images cannot be prepared (say, the preprocessing is for
 * another number of channels), `images` is absent, and the first call with an image throws the error.
 */
async function openExtras(session: Session, { arch, preprocess, labels }: ResolvedNetwork): Promise<Extras> {
  const openImages = async () => {
    const { Images } = await lazy.imageCalls();
    const images = new Images(session, preprocess, arch.inputChannels);
    return { images, imagesCompiled: images.compile().catch(() => undefined) };
  };
  const opening = arch.defaultRun.logits ? openImages().catch(() => undefined) : undefined;
  return { labels: labels ?? (await usualLabels(arch)), ...(await opening) };
}

interface Extras {
  images?: Images;
  /** Settles when the kernels for images are compiled, or cannot be. */
  imagesCompiled?: Promise<void>;
  labels?: string[];
}

/** The names of the classes in the data set that the architecture is usually trained on, if that set has as many classes as the network. */
async function usualLabels({ labels, classes }: PreparedNetwork['arch']): Promise<string[] | undefined> {
  if (!labels) return undefined;
  const { loadLabels } = await lazy.labelSets();
  const texts = await loadLabels(labels);
  return texts.length === classes ? texts : undefined;
}

/**
 * Drivers finish compiling when a pipeline is first used, so each is used once before the first call. Software adapters are left out:
 * a run takes long there, and the first call waits for its own pipelines.
 * @returns false if even a blank image gave a value beyond f16. Then probably a kernel is wrong, not the network
 */
async function warmUp(session: Session, imagesCompiled: Promise<void> | undefined, { signal, onProgress }: LoadOptions): Promise<boolean> {
  if (session.engine.adapter.software) return true;
  onProgress?.({ phase: 'warm', loaded: 0, total: 1 });
  const { shape, outputs } = session;
  const isWarm = await session.run({ shape, outputs, input: { write: () => undefined }, tail: outputsTail }, { signal }).then(
    () => true,
    (error) => {
      if (error?.code !== 'f16-overflow') throw error;
      return false;
    },
  );
  onProgress?.({ phase: 'warm', loaded: 1, total: 1 });
  await imagesCompiled;
  return isWarm;
}

/** After the first result: measures which kernels are fastest (`tuning: 'auto'`), and checks that they compute the right values. */
async function tuneAndVerify(
  session: Session,
  report: LoadReport,
  imagePreprocess: Preprocess | undefined,
  { tuning, verify }: LoadOptions,
): Promise<void> {
  // Fetched now, because a page that loses its device later may be offline by then.
  inBackground(lazy.afterLoss());
  if (tuning === 'auto') await (await lazy.measuring()).tuneLater(session, report);
  if (verify === undefined) await (await lazy.verification()).verifyLater(session, imagePreprocess);
}
