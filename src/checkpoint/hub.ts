/** What a model repository of the Hugging Face Hub says about its network: config.json of timm, or of transformers. */

import type { Preprocess } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { fetchPart } from '../util/fetch-part.ts';
import type { ModelCard } from './manifest.ts';

// The config.json of a repository of theirs.
const timmCards = () => fetchPart(import('./hub-timm.ts'));
const transformersCards = () => fetchPart(import('./hub-transformers.ts'));

export type Json = Record<string, unknown>;

/** What is known of the network; the rest is left to its architecture's recipe and to the keys. */
export interface RepositoryCard extends Partial<Omit<ModelCard, 'preprocess'>> {
  preprocess?: Partial<Preprocess>;
  /** For testing, where the repository has another recipe for that. */
  /** What the network is only the backbone of. */
  whole?: string;
  test?: { inputSize: [number, number]; preprocess: Partial<Preprocess> };
}

/** What a card is read from: a repository, or its files. */
export interface CardFiles {
  readonly address: string;
  /** Undefined where there is no such file. */
  json(file: string): Promise<Json | undefined>;
}

/**
 * @returns nothing known where the repository has no config.json
 * @throws ResnetError `unsupported` for a repository of another kind, `network`, `checkpoint-format`, `aborted`
 */
export async function readCard(repository: CardFiles): Promise<RepositoryCard> {
  const { address } = repository;
  const config = await repository.json('config.json');
  if (!config) return {};
  if (typeof config.architecture === 'string') return (await timmCards()).timmCard(config, address);
  if (typeof config.model_type === 'string') {
    const { modelTypes, transformersCard } = await transformersCards();
    return transformersCard(
      config,
      modelTypes.has(config.model_type) ? await repository.json('preprocessor_config.json') : undefined,
      address,
    );
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
