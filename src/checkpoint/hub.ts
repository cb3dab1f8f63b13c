/** What a model repository of the Hugging Face Hub says about its network: config.json of timm, or of transformers. */

import { ResnetError } from '../util/errors.ts';
import { fetchPart } from '../util/fetch-part.ts';
import type { Json, RepositoryCard } from './repository-card.ts';

// Readers of config.json, for repositories of timm and of transformers.
const timmCards = () => fetchPart(import('./hub-timm.ts'));
const transformersCards = () => fetchPart(import('./hub-transformers.ts'));

/** A source of cards: a repository, or given files. */
export interface CardFiles {
  readonly address: string;
  /** Undefined if there is no such file. */
  json(file: string): Promise<Json | undefined>;
}

/**
 * @returns no facts if the repository has no config.json
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
