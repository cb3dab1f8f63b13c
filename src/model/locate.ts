/** Turns the caller's source into what is known of the network so far, and a download in progress. */

import type { LoadOptions, ModelSource, Preprocess } from '../api/types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import { isHubAddress, isManifestAddress } from '../checkpoint/address.ts';
import type { GoldenRecord } from '../checkpoint/manifest.ts';
import { isFileList, isRandom, openWeights } from '../checkpoint/open.ts';
import type { OpenOptions } from '../checkpoint/open-options.ts';
import type { DescribedWeights, OpenedWeights } from '../checkpoint/opened-weights.ts';
import type { RepositoryCard } from '../checkpoint/repository-card.ts';
import * as lazy from '../lazy.ts';
import type { ResnetError } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';

export type DetailedSource = Exclude<ModelSource, string | URL>;

export interface LocatedSource {
  source: DetailedSource;
  /** Absent for random weights. */
  opening?: Promise<OpenedWeights>;
  /** What a repository or a converted model says besides `source`. It takes precedence over what the architecture says. */
  card?: SourceCard;
  /** Grows while the weights are on their way, and when they are read again. */
  warnings: string[];
}

export interface SourceCard {
  /** [height, width]. */
  inputSize?: [number, number];
  preprocess?: Partial<Preprocess>;
  /** Whether `inputSize` and `preprocess` are the test recipe, which the caller asked for. */
  isForTest?: boolean;
  golden?: GoldenRecord;
}

/**
 * Starts the download. Model repositories (`hf:`), converted models and folders of files are asked what they hold, unless the
 * caller passes `arch`.
 * @throws ResnetError `usage`, and for those what `describeWeights` throws
 */
export async function locateSource(wanted: ModelSource, options: LoadOptions): Promise<LocatedSource> {
  const source = await checkedSource(isAddress(wanted) ? { weights: String(wanted) } : wanted);
  const warnings: string[] = [];
  const { weights } = source;
  if (isRandom(weights)) return { source, warnings };
  const opens = openOptions(options, warnings);
  const { described, failure } = await describe(source, opens, warnings);
  const known = described ? fromCard(described.card, source, warnings) : { source, warnings };
  const opening = described?.open() ?? openWeights(weights, opens);
  const named = renamed(opening, source).catch((error) => {
    throw failure ?? error;
  });
  // Awaited in loadModel, after the device. An error before that must not count as unhandled.
  named.catch(() => undefined);
  return { ...known, opening: named };
}

/**
 * The source, checked. The address of a web page becomes that of the file it shows.
 * @throws ResnetError `usage` if it is not a source, or its weights are a name
 */
async function checkedSource(source: DetailedSource): Promise<DetailedSource> {
  const wrong = async () => (await lazy.wrongArguments()).wrongSource(source);
  if (typeof source !== 'object' || source === null) throw await wrong();
  const unknown = unknownOption('source', source);
  if (unknown) throw await unknown;
  if ((source.weights ?? undefined) === undefined) throw await wrong();
  const address = isAddress(source.weights) ? String(source.weights) : '';
  // A word, a local file, a name of torchvision's or timm's, or a page of the two sites where checkpoints are.
  if (!/^[\w-]+$|^file:|_Weights\.|^timm\/\w+$|^https?:..(www\.)?(huggingface|hf|github)\.co/i.test(address)) return source;
  return { ...source, weights: await (await lazy.meantAddresses()).meant(address, source.arch) };
}

function openOptions(
  { signal, onProgress, cache = 'checked', hub, fetch, headers }: Omit<LoadOptions, 'cache'> & Pick<OpenOptions, 'cache'>,
  warnings: string[],
): OpenOptions {
  return {
    signal,
    cache,
    hub,
    fetch,
    headers,
    early: true,
    warn: (text) => warnings.push(text),
    onProgress: (loaded, total) => onProgress?.({ phase: 'download', loaded, total }),
  };
}

/**
 * What the source says about its network. Repositories, converted models and folders of files have to say it. Any other address is tried as
 * one of these, because people leave out the slash at its end. `failure` is the error of that attempt, which is thrown if the address is
 * not a checkpoint either.
 */
async function describe(
  { arch, weights }: DetailedSource,
  options: OpenOptions,
  warnings: string[],
): Promise<{ described?: DescribedWeights; failure?: unknown }> {
  const address = isAddress(weights) ? String(weights) : '';
  const files = !address && isFileList(weights as object) ? (weights as ArrayLike<Blob>) : undefined;
  const isSure = files !== undefined || isHubAddress(address) || isManifestAddress(address);
  if (arch !== undefined || (!isSure && (address === '' || isLikelyFile(address)))) return {};
  const { describeWeights } = await lazy.describedWeights();
  try {
    return { described: await describeWeights(files ?? (isSure ? address : address.replace(/(?=[?#])|$/, '/')), options) };
  } catch (error) {
    if (isSure) throw error;
    const { repositoryInstead } = await lazy.meantAddresses();
    const described = await repositoryInstead(address, error, options, warnings);
    return described ? { described } : { failure: (error as ResnetError).code === 'network' ? undefined : error };
  }
}

/**
 * Whether the address is fetched as a checkpoint immediately. Others are first tried as folders of converted models, because people leave out
 * the slash at their end.
 */
function isLikelyFile(address: string): boolean {
  // Endings of checkpoints, and of other runtimes' models, whose error names them.
  return /^(blob|data):|\.(safetensors|pth|pt|th|bin|ckpt|pkl|tar|onnx|tflite|keras|h5|pb|zip|gz)$/i.test(address.replace(/[?#].*/s, ''));
}

/** The caller's settings take precedence over the card's. */
function fromCard(card: RepositoryCard, caller: DetailedSource, warnings: string[]): LocatedSource {
  const { golden, inputSize: usualSize, preprocess: usual, labels, test, whole, ...known } = card;
  if (whole) warnings.push(`The repository holds ${whole}; its backbone was loaded.`);
  const forTest = caller.preprocess === 'test' ? test : undefined;
  const { inputSize, preprocess } = forTest ?? { inputSize: usualSize, preprocess: usual };
  const own = Object.fromEntries(Object.entries(caller).filter(([, value]) => value !== undefined)) as DetailedSource;
  // The card's labels fit only the card's number of classes.
  const source = { ...known, ...(own.numClasses === undefined && labels && { labels }), ...own };
  return { source, card: { inputSize, preprocess, golden, isForTest: forTest !== undefined }, warnings };
}

async function renamed(opening: Promise<OpenedWeights>, { rename }: DetailedSource): Promise<OpenedWeights> {
  if (rename === undefined) return opening;
  const { renamedWeights } = await lazy.renaming();
  return renamedWeights(await opening, rename);
}

/** Also true for a URL object of another frame. */
function isAddress(value: unknown): value is string | URL {
  return typeof value === 'string' || tagOf(value) === 'URL';
}
