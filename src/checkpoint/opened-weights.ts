/** Weights that are open, and sources that say which network they contain. */

import type { RepositoryCard } from './repository-card.ts';
import type { Checkpoint } from './types.ts';

export interface OpenedWeights {
  checkpoint: Checkpoint;
  /** Resolves when everything has arrived, if the checkpoint was returned earlier. */
  whole?: Promise<void>;
  /** Reads the same weights again, after a device loss. Absent for a stream, which can only be read once. */
  reopen?: () => Promise<Checkpoint>;
}

export interface DescribedWeights {
  card: RepositoryCard;
  /** Starts the download. */
  open(): Promise<OpenedWeights>;
}
