/** Sources that say themselves what network they hold: model repositories and converted models. */

import { type RepositoryCard, readRepository } from './hub.ts';
import { openConverted } from './manifest-load.ts';
import { type OpenedWeights, type OpenOptions, openWeights } from './open.ts';

export interface DescribedWeights {
  card: RepositoryCard;
  /** Starts the download. */
  open(): Promise<OpenedWeights>;
}

/** @throws ResnetError `unsupported` for a repository of another kind, `network`, `checkpoint-format`, `aborted` */
export async function describeWeights(address: string, options: OpenOptions): Promise<DescribedWeights> {
  if (address.startsWith('hf:')) {
    return { card: await readRepository(address, options), open: () => openWeights(address, options) };
  }
  const { card, open } = await openConverted(address, options);
  return { card: card ?? {}, open: () => open(options) };
}
