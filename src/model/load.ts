/** loadModel: from a checkpoint to a model that is ready to run. */

import type { LoadOptions, Model, ModelSource, Preprocess } from '../api/types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import type { ResolvedArch } from '../arch/index.ts';
import type { Along } from '../checkpoint/along.ts';
import type { OpenedWeights } from '../checkpoint/open.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Understood } from '../checkpoint/understand.ts';
import type { Graph } from '../graph/types.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { type DetailedSource, isRandom, type LocatedSource, locateSource } from './locate.ts';
import { type LoadReport, ResnetModel } from './model.ts';
import { Session } from './session.ts';

/**
 * Loads a ResNet-family network from its PyTorch checkpoint and prepares it for inference.
 *
 * Pipelines compile while the checkpoint is on its way. Inputs of other sizes than `inputSize` work, too, and are
 * prepared on first use.
 *
 * @throws {ResnetError} with a stable `code`; see docs/errors.md
 * @example
 * const model = await loadModel({ arch: 'resnet50', weights: 'resnet50.safetensors' }); // or 'hf:timm/resnet50.a1_in1k'
 * const [best] = await model.classify(document.querySelector('img'));
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  if (!plausible(options)) throw (await import('../api/options.ts')).wrongOption(options);
  const unknown = unknownOption('loadModel', options);
  if (unknown) throw await unknown;
  throwIfAborted(options.signal);
  const { signal, abort, release } = chainedSignal(options.signal);
  // A GPU that sleeps takes longest of all that comes before the first compilation, so it is woken first.
  const opening = openSession({ ...options, signal });
  opening.catch(() => undefined);
  importBinding().catch(() => undefined);
  try {
    const located = await locateSource(source, { ...options, signal });
    const settings = { ...options, signal, inputSize: options.inputSize ?? located.inputSize };
    // Before its keys are known, only a name or a configuration tells the architecture: enough to start compiling.
    const early = located.source.arch === undefined ? undefined : (await findArch(located.source, undefined)).arch;
    const session = await opening;
    throwIfAborted(signal);
    if (early) {
      const graph = early.build(inputShape(early, settings));
      session.precompile(graph, defaultOutputs(graph, early)).catch(() => undefined);
      fetchParts(session, early, located);
    }
    return await prepare(session, located, settings);
  } catch (error) {
    opening.then((session) => session.dispose()).catch(() => undefined);
    abort();
    throw error;
  } finally {
    release();
  }
}

/** Which tensor is which: needed when the checkpoint is there, and fetched beside it. */
function importBinding() {
  return import('../checkpoint/bind.ts');
}

async function openSession({ tuning, ...options }: LoadOptions): Promise<Session> {
  const precision = options.precision === 'f16' ? 'f16' : 'f32';
  const tuned = tuning && (await import('../tuning/tuning-table.ts')).tunedOptions(tuning, precision);
  return Session.open({ ...options, ...tuned, precision });
}

/** Starts to fetch and compile what a first `classify` needs besides the network; failures are left to whoever needs it. */
function fetchParts({ engine }: Session, arch: ResolvedArch, { source, recipe }: LocatedSource): void {
  if (!arch.defaultRun.logits) return;
  const compile = async () => (await import('./image-calls.ts')).precompileImages(engine, await mergedRecipe(arch, source, recipe));
  compile().catch(() => undefined);
  if (!source.labels) defaultLabels(arch).catch(() => undefined);
}

/** A signal of our own that fires with the caller's; `release` lets go of the caller's. */
function chainedSignal(outer: AbortSignal | undefined): { signal: AbortSignal; abort: () => void; release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', abort);
  return { signal: controller.signal, abort, release: () => outer?.removeEventListener('abort', abort) };
}

async function prepare(session: Session, located: LocatedSource, options: LoadOptions): Promise<Model> {
  const { source, opening, recipe, golden } = located;
  const { signal } = options;
  const { checkpoint } = (await opening) ?? {};
  const { arch, ...understood } = await findArch(source, checkpoint);
  const brought = await broughtAlong(checkpoint, arch, located);
  const preprocess = await mergedRecipe(arch, source, recipe ?? brought?.preprocess);
  const ownLabels = await checkedLabels(source.labels, arch);
  const shape = inputShape(arch, { ...options, inputSize: options.inputSize ?? brought?.inputSize });
  const graph = arch.build(shape);
  fetchParts(session, arch, located);
  const tensors = new TensorSource(graph, arch, source, options, opening, understood.view);
  await session.load({ build: arch.build, shape, outputs: defaultOutputs(graph, arch), openTensors: () => tensors.open() });
  await (await opening)?.whole;
  if (!session.engine.adapter.software) await warmUp(session, options);
  throwIfAborted(signal);
  const labels = ownLabels ?? brought?.labels ?? (await defaultLabels(arch));
  const model = new ResnetModel({
    session,
    arch,
    preprocess,
    labels,
    report: reportOf(tensors, arch, located, understood, brought),
    golden,
    weights: { given: understood.given ?? source.arch ?? '', open: () => tensors.checkpoint() },
  });
  // A failure here, say of a recipe for other channels, concerns images alone and is theirs to report.
  // A processor compiles them while it runs the network; those who begin with an image wait for that there.
  const images = arch.defaultRun.logits ? model.prepareImages().catch(() => undefined) : undefined;
  if (!session.engine.adapter.software) await images;
  return model;
}

function reportOf(
  { ignoredKeys }: TensorSource,
  arch: ResolvedArch,
  { source: { preprocess }, test, warnings }: LocatedSource,
  { assumed = [], source, warnings: more = [] }: Partial<Understood>,
  brought?: Along,
): LoadReport {
  if (arch.headless) warnings.push(`The weights have no head, so ${arch.name} is a backbone here: it gives features and no logits.`);
  if (preprocess === 'test' && !arch.test && !test)
    warnings.push(`${arch.name} has no recipe for testing of its own; its usual one is used.`);
  return {
    assumed: [...assumed, ...arch.assumed, ...(brought?.said ?? [])],
    warnings: [...warnings, ...more],
    source: source ?? { found: '', others: [], renamed: false, head: '', ignored: ignoredKeys },
  };
}

/**
 * What the file itself says of classes and images, where no repository or converted model does; what the caller says goes before. Most
 * files say nothing: then only a guessed network has something to say, that its preprocessing is a guess, too.
 */
async function broughtAlong(
  checkpoint: Checkpoint | undefined,
  arch: ResolvedArch,
  { source, recipe }: LocatedSource,
): Promise<Along | undefined> {
  const guessed = source.arch === undefined;
  if (!checkpoint || recipe || (!guessed && Object.keys(checkpoint.metadata).every((key) => key === 'format'))) return undefined;
  const { along, pixelEntries } = await import('../checkpoint/along.ts');
  const brought = along(checkpoint, arch, guessed, await pixelEntries(checkpoint, arch.inputChannels));
  const own = { labels: source.labels, preprocess: source.preprocess };
  return { ...brought, said: brought.said.filter(({ what }) => own[what as keyof typeof own] === undefined) };
}

async function mergedRecipe({ preprocess, inputChannels }: ResolvedArch, source: DetailedSource, recipe?: Partial<Preprocess>) {
  if (!source.preprocess && !recipe) return preprocess;
  const { mergePreprocess } = await import('../image/recipe.ts');
  return mergePreprocess({ ...preprocess, ...recipe }, source.preprocess === 'test' ? {} : source.preprocess, inputChannels);
}

function inputShape(arch: ResolvedArch, { batch = 1, inputSize = arch.inputSize }: LoadOptions): number[] {
  return [batch, arch.inputChannels, ...inputSize];
}

/** An architecture, and how the checkpoint was understood where that took more than its names. */
type Found = Pick<Understood, 'arch'> & Partial<Understood>;

async function findArch(source: DetailedSource, checkpoint: Checkpoint | undefined): Promise<Found> {
  const found = await resolveSource(source, checkpoint);
  return source.preprocess === 'test' ? { ...found, arch: { ...found.arch, ...found.arch.test } } : found;
}

async function resolveSource(source: DetailedSource, checkpoint: Checkpoint | undefined): Promise<Found> {
  const { arch, numClasses, scores, strict } = source;
  // Apart from the core and fetched beside the checkpoint: the tables of all families are a third of the library.
  const { resolveArch } = await import('../arch/index.ts');
  if (arch !== undefined) {
    const named = { arch: await resolveArch(arch, { numClasses, scores, keys: checkpoint?.tensors }) };
    if (!checkpoint) return named;
    const { fits, isChoice } = await importBinding();
    if (fits(named.arch, checkpoint, strict) && !isChoice(arch)) return named;
    return (await (await import('../checkpoint/understand.ts')).reread(arch, source, checkpoint)) ?? named;
  }
  if (!checkpoint) throw (await import('../api/options.ts')).archMissing();
  return (await import('../checkpoint/understand.ts')).guessed(checkpoint, source);
}

/** Drivers finish compiling at the first use of a pipeline; better now than in the first classify. */
async function warmUp(session: Session, { signal, onProgress }: LoadOptions): Promise<void> {
  onProgress?.({ phase: 'warm', loaded: 0, total: 1 });
  await session.run(session.shape, session.outputs, () => () => undefined, { signal });
  onProgress?.({ phase: 'warm', loaded: 1, total: 1 });
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

function defaultOutputs(graph: Graph, arch: ResolvedArch): string[] {
  const wanted = graph.outputs.filter(({ kind, stage }) => {
    if (kind === 'logits') return arch.defaultRun.logits;
    return kind === 'feature' && stage !== undefined && arch.defaultRun.features.includes(stage);
  });
  return wanted.map(({ node }) => node);
}

/** One logit may have the names of both answers. */
async function checkedLabels(labels: string[] | undefined, { classes, scores }: ResolvedArch): Promise<string[] | undefined> {
  const listed = !labels || (Array.isArray(labels) && labels.every((label) => typeof label === 'string'));
  const both = classes === 1 && scores === 'sigmoid' && labels?.length === 2;
  if (listed && (!labels || labels.length === (classes ?? labels.length) || both)) return labels;
  throw (await import('../api/options.ts')).wrongLabels(listed ? labels : undefined, classes);
}

async function defaultLabels({ labels, classes }: ResolvedArch): Promise<string[] | undefined> {
  if (!labels) return undefined;
  const { loadLabels } = await import('../classify/labels.ts');
  const texts = await loadLabels(labels);
  return texts.length === classes ? texts : undefined;
}

/** The network's tensors out of whatever the caller gave; opens it anew after a device loss. */
class TensorSource {
  readonly #graph: Graph;
  readonly #arch: ResolvedArch;
  readonly #source: DetailedSource;
  readonly #onProgress: LoadOptions['onProgress'];
  #opening: Promise<OpenedWeights> | undefined;
  #reopen: OpenedWeights['reopen'];
  readonly #view: Understood['view'];
  #ignoredKeys: string[] = [];

  constructor(
    graph: Graph,
    arch: ResolvedArch,
    source: DetailedSource,
    options: LoadOptions,
    opening: Promise<OpenedWeights> | undefined,
    view: Understood['view'],
  ) {
    this.#view = view;
    this.#graph = graph;
    this.#arch = arch;
    this.#source = source;
    this.#onProgress = options.onProgress;
    this.#opening = opening;
  }

  get ignoredKeys(): string[] {
    return this.#ignoredKeys;
  }

  async open(): Promise<ReadTensor> {
    const checkpoint = await this.checkpoint();
    const total = checkpoint.tensors.size;
    this.#onProgress?.({ phase: 'read', loaded: 0, total });
    const { bindCheckpoint } = await importBinding();
    const bound = await bindCheckpoint(this.#graph, checkpoint, { strict: this.#source.strict, arch: this.#arch.name });
    this.#ignoredKeys = bound.ignoredKeys;
    this.#onProgress?.({ phase: 'read', loaded: total, total });
    return async (key) => (await bound.get(key).read()).data;
  }

  /** Under names that bind. */
  async checkpoint(): Promise<Checkpoint> {
    const file = await this.#open();
    return this.#view?.(file) ?? file;
  }

  async #open(): Promise<Checkpoint> {
    const { weights } = this.#source;
    if (isRandom(weights)) {
      const { randomCheckpoint } = await import('../checkpoint/random.ts');
      return randomCheckpoint(this.#graph, weights.random, { zeroInitResidual: this.#arch.zeroInitResidual });
    }
    if (this.#opening) {
      const { checkpoint, reopen } = await this.#opening;
      // From here on the checkpoint belongs to the reader alone: the file's bytes are not kept.
      this.#opening = undefined;
      this.#reopen = reopen;
      return checkpoint;
    }
    if (this.#reopen) return this.#reopen();
    throw new ResnetError('device-lost', 'The GPU device was lost, and the stream that the weights came from is spent.', {
      hint: 'Load the model again with a fresh stream, or pass a URL or a Blob.',
    });
  }
}
