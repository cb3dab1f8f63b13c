/** Sources that say which network they contain: model repositories and converted models, by address or as files. */

import * as lazy from '../lazy.ts';
import { isHubAddress } from './address.ts';
import { readCard } from './hub.ts';
import { openRepositoryWeights } from './hub-weights.ts';
import { openConverted } from './manifest-load.ts';
import type { OpenOptions } from './open-options.ts';
import type { DescribedWeights } from './opened-weights.ts';
import { Repository } from './repository.ts';

/** @throws ResnetError `unsupported` for a repository of another kind, `network`, `checkpoint-format`, `aborted` */
export async function describeWeights(address: string | ArrayLike<Blob>, options: OpenOptions): Promise<DescribedWeights> {
  if (typeof address !== 'string') return (await lazy.folders()).describeFiles(address, options);
  if (isHubAddress(address)) {
    const repository = new Repository(address, options);
    return { card: await readCard(repository), open: () => openRepositoryWeights(repository, options) };
  }
  const { card, open } = await openConverted(address, options);
  return { card: card ?? {}, open: () => open(options) };
}
