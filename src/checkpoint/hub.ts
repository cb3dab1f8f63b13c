/** What a model repository of the Hugging Face Hub says about its network: config.json of timm, or of transformers. */
import { ResnetError } from '../errors.ts';
import type { Preprocess } from '../types.ts';
import { nameOf, repositoryUrl } from './address.ts';
import { FileCache } from './cache.ts';
import { download, statusOf } from './download.ts';
import { malformed } from './fail.ts';
import type { ModelCard } from './manifest.ts';
import type { OpenOptions } from './open.ts';
import type { Segments } from './segments.ts';
import { abortable } from './stream.ts';

export type Json = Record<string, unknown>;

/** What is known of the network; the rest is left to its architecture's recipe and to the keys. */
export interface RepositoryCard extends Partial<Omit<ModelCard, 'preprocess'>> {
  preprocess?: Partial<Preprocess>;
  /** For testing, where the repository has another recipe for that. */
  test?: { inputSize: [number, number]; preprocess: Partial<Preprocess> };
}

/**
 * @param address `hf:<owner>/<repo>[@revision]`
 * @returns nothing known where the repository has no config.json
 * @throws ResnetError `unsupported` for a repository of another kind, `network`, `checkpoint-format`, `aborted`
 */
export async function readRepository(address: string, options: OpenOptions): Promise<RepositoryCard> {
  const base = repositoryUrl(address, options.hub);
  const config = await fetchJson(`${base}/config.json`, options);
  if (!config) return {};
  if (typeof config.architecture === 'string') return (await import('./hub-timm.ts')).timmCard(config, address);
  if (typeof config.model_type === 'string') {
    const { transformersCard } = await import('./hub-transformers.ts');
    const known = config.model_type === 'resnet' || config.model_type === 'regnet';
    return transformersCard(config, known ? await fetchJson(`${base}/preprocessor_config.json`, options) : undefined, address);
  }
  const library = typeof config.library_name === 'string' ? ` (of ${config.library_name})` : '';
  throw new ResnetError(
    'unsupported',
    `Its config.json${library} names neither an architecture of timm nor a model_type of transformers.`,
    {
      layer: address,
      hint: 'Pass the architecture, too: loadModel({ arch, weights }).',
    },
  );
}

/** Undefined where there is no such file. What is kept goes first, as with the weights, so that both are of one state. */
async function fetchJson(url: string, { signal, fetch, cache: keep }: OpenOptions): Promise<Json | undefined> {
  const cache = keep ? await FileCache.open() : undefined;
  let bytes: Segments | undefined = await cache?.get(url, { signal, fetch }, keep === 'checked');
  if (!bytes) {
    try {
      bytes = await download(url, nameOf(url), { signal, fetch });
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
    if (cache) await abortable(cache.put(url, bytes), signal);
  }
  try {
    const value = JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  throw malformed(nameOf(url), 'The file is no JSON object.', 'Check the address of the hub; a proxy may have answered in its place.');
}
