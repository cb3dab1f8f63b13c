/** From what a caller wants loaded to an architecture, as far as it is known yet, and weights on their way. */
import { isManifestAddress } from './checkpoint/address.ts';
import type { GoldenRecord } from './checkpoint/manifest.ts';
import { type OpenedWeights, type OpenOptions, openWeights } from './checkpoint/open.ts';
import { classOf } from './checkpoint/source.ts';
import { ResnetError } from './errors.ts';
import type { LoadOptions, ModelSource, Preprocess, WeightsSource } from './types.ts';

export type DetailedSource = Exclude<ModelSource, string | URL>;

export interface LocatedSource {
  source: DetailedSource;
  /** Absent for random weights. */
  opening?: Promise<OpenedWeights>;
  // What repositories and converted models say besides; inputSize is [height, width].
  inputSize?: [number, number];
  /** Goes before the architecture's own. */
  recipe?: Partial<Preprocess>;
  /** Whether these are for testing, as the caller asked. */
  test?: boolean;
  golden?: GoldenRecord;
}

/**
 * Starts the download. Model repositories (`hf:`) and converted models say themselves what they hold, unless the caller
 * passes `arch`; what the caller says goes before.
 * @throws ResnetError `usage`, and for those two what `describeWeights` throws
 */
export async function locateSource(given: ModelSource, options: LoadOptions): Promise<LocatedSource> {
  const source = isAddress(given) ? fromAddress(String(given)) : given;
  checkSource(source);
  const { arch, weights } = source;
  if (isRandom(weights)) return { source };
  const open = openOptions(options);
  const address = isAddress(weights) ? String(weights) : '';
  if (arch === undefined && (address.startsWith('hf:') || isManifestAddress(address))) return describe(address, source, open);
  const opening = openWeights(weights, open);
  // Awaited when the device is there.
  opening.catch(() => undefined);
  return { source, opening };
}

async function describe(address: string, given: DetailedSource, options: OpenOptions): Promise<LocatedSource> {
  const { describeWeights } = await import('./checkpoint/describe.ts');
  const { card, open } = await describeWeights(address, options);
  const { golden, inputSize: usualSize, preprocess: usual, labels, test, ...known } = card;
  const forTest = given.preprocess === 'test' ? test : undefined;
  const { inputSize, preprocess: recipe } = forTest ?? { inputSize: usualSize, preprocess: usual };
  const opening = open();
  opening.catch(() => undefined);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as DetailedSource;
  // Labels are for the number of classes that comes with them.
  const source = { ...known, ...(own.numClasses === undefined && labels && { labels }), ...own };
  return { source, opening, inputSize, recipe, golden, test: forTest !== undefined };
}

/** An address alone is of a repository, of a converted model (a folder, with or without slash, or its manifest), or of a checkpoint file. */
function fromAddress(address: string): DetailedSource {
  const isFile = /^(hf|blob|data):/i.test(address) || /\.(safetensors|pth|pt|th|bin|ckpt)$/i.test(address.replace(/[?#].*/s, ''));
  return { weights: isFile || isManifestAddress(address) ? address : address.replace(/(?=[?#])|$/, '/') };
}

function checkSource(source: DetailedSource): void {
  const hint = "Call loadModel({ arch: 'resnet50', weights: url }).";
  if (typeof source !== 'object' || source === null)
    throw new ResnetError('usage', `The source is ${String(source)}.`, { layer: 'source', hint });
  if (source.weights === undefined || source.weights === null) {
    throw new ResnetError('usage', 'There are no weights.', { layer: 'weights', hint });
  }
}

function openOptions({
  signal,
  onProgress,
  cache = 'checked',
  hub,
  fetch,
}: Omit<LoadOptions, 'cache'> & Pick<OpenOptions, 'cache'>): OpenOptions {
  return {
    signal,
    cache,
    hub,
    fetch,
    early: true,
    onProgress: (loaded, total) => onProgress?.({ phase: 'download', loaded, total }),
  };
}

/** A URL of another frame is one, too. */
function isAddress(value: unknown): value is string | URL {
  return typeof value === 'string' || classOf(value) === 'URL';
}

export function isRandom(weights: WeightsSource): weights is { random: number } {
  return typeof weights === 'object' && 'random' in weights && typeof weights.random === 'number';
}
