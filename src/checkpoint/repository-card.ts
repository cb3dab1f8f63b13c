/** What a model repository says about its network. */

import type { Preprocess } from '../api/types.ts';
import type { ModelCard } from './manifest.ts';

export type Json = Record<string, unknown>;

/** Known facts about the network. The rest comes from its architecture's recipe and from the keys. */
export interface RepositoryCard extends Partial<Omit<ModelCard, 'preprocess'>> {
  preprocess?: Partial<Preprocess>;
  /** The larger model that contains the network as its backbone. */
  whole?: string;
  /** The recipe for testing, if the repository has a separate one. */
  test?: { inputSize: [number, number]; preprocess: Partial<Preprocess> };
}
