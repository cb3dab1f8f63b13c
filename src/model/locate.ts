/** From what a caller wants loaded to an architecture, as far as it is known yet, and weights on their way. */

import type { LoadOptions, ModelSource, Preprocess } from '../api/types.ts';
import { unknownOption } from '../api/unknown-option.ts';
import { isHubAddress, isManifestAddress } from '../checkpoint/address.ts';
import { classOf } from '../checkpoint/byte-source.ts';
import type { GoldenRecord } from '../checkpoint/manifest.ts';
import { isFileList, isRandom, type OpenedWeights, openWeights } from '../checkpoint/open.ts';
import type { OpenOptions } from '../checkpoint/open-options.ts';
import type { ResnetError } from '../util/errors.ts';
import * as lazy from './lazy.ts';

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
  /** Grows while the weights are on their way, and when they are read again. */
  warnings: string[];
}

/**
 * Starts the download. Model repositories (`hf:`), converted models and folders of files say themselves what they hold, unless the
 * caller passes `arch`; what the caller says goes before.
 * @throws ResnetError `usage`, and for those what `describeWeights` throws
 */
export async function locateSource(given: ModelSource, options: LoadOptions): Promise<LocatedSource> {
  const source = await found(isAddress(given) ? { weights: String(given) } : given);
  const { arch, weights } = source;
  const warnings: string[] = [];
  if (isRandom(weights)) return { source, warnings };
  const open = openOptions(options, warnings);
  const address = isAddress(weights) ? String(weights) : '';
  if (arch === undefined && (isHubAddress(address) || isManifestAddress(address))) return describe(address, source, open, warnings);
  if (arch === undefined && typeof weights === 'object' && isFileList(weights)) return describe(weights, source, open, warnings);
  let failure: unknown;
  if (arch === undefined && address && !isLikelyFile(address)) {
    try {
      return await describe(address.replace(/(?=[?#])|$/, '/'), source, open, warnings);
    } catch (error) {
      const { repositoryInstead } = await lazy.meantAddresses();
      const located = await repositoryInstead(address, error, warnings, (instead) => describe(instead, source, open, warnings));
      if (located) return located;
      failure = (error as ResnetError).code === 'network' ? undefined : error;
    }
  }
  const opening = renamed(openWeights(weights, open), source).catch((error) => {
    throw failure ?? error;
  });
  // Awaited when the device is there.
  opening.catch(() => undefined);
  return { source, opening, warnings };
}

/** The source with the address of what its page shows. @throws ResnetError `usage` for what is not a source, or not an address but a name */
async function found(source: DetailedSource): Promise<DetailedSource> {
  const wrong = async () => (await lazy.wrongArguments()).wrongSource(source);
  if (typeof source !== 'object' || source === null) throw await wrong();
  const unknown = unknownOption('source', source);
  if (unknown) throw await unknown;
  if ((source.weights ?? undefined) === undefined) throw await wrong();
  const address = isAddress(source.weights) ? String(source.weights) : '';
  // A word, or a page of the two sites where checkpoints are.
  if (!/^[\w-]+$|_Weights\.|^timm\/\w+$|^https?:..(www\.)?(huggingface|hf|github)\.co/i.test(address)) return source;
  return { ...source, weights: await (await lazy.meantAddresses()).meant(address, source.arch) };
}

async function renamed(opening: Promise<OpenedWeights>, { rename }: DetailedSource): Promise<OpenedWeights> {
  if (rename === undefined) return opening;
  const { renamedWeights } = await lazy.renaming();
  return renamedWeights(await opening, rename);
}

async function describe(
  address: string | ArrayLike<Blob>,
  given: DetailedSource,
  options: OpenOptions,
  warnings: string[],
): Promise<LocatedSource> {
  const { describeWeights } = await lazy.describedWeights();
  const { card, open } = await describeWeights(address, options);
  const { golden, inputSize: usualSize, preprocess: usual, labels, test, whole, ...known } = card;
  if (whole) warnings.push(`The repository holds ${whole}; its backbone was loaded.`);
  const forTest = given.preprocess === 'test' ? test : undefined;
  const { inputSize, preprocess: recipe } = forTest ?? { inputSize: usualSize, preprocess: usual };
  const opening = renamed(open(), given);
  opening.catch(() => undefined);
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as DetailedSource;
  // Labels are for the number of classes that comes with them.
  const source = { ...known, ...(own.numClasses === undefined && labels && { labels }), ...own };
  return { source, opening, inputSize, recipe, golden, test: forTest !== undefined, warnings };
}

/**
 * Whether an address is asked for as a checkpoint at once. All others are asked first whether they are folders of converted models, which
 * people write without their slash.
 */
function isLikelyFile(address: string): boolean {
  return /^(blob|data):/i.test(address) || /\.(safetensors|pth|pt|th|bin|ckpt|pkl|tar)$/i.test(address.replace(/[?#].*/s, ''));
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

/** A URL of another frame is one, too. */
function isAddress(value: unknown): value is string | URL {
  return typeof value === 'string' || classOf(value) === 'URL';
}
