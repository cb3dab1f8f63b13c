/** Sources that say themselves what network they hold: model repositories and converted models. */

import { readRepository } from './hub.ts';
import type { ModelCard } from './manifest.ts';
import { openConverted } from './manifest-load.ts';
import { type OpenedWeights, type OpenOptions, openWeights } from './open.ts';

export interface DescribedWeights {
  /** What is known; all of it may be left to the keys. */
  card: Partial<ModelCard>;
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
