/** How images are prepared for a network. By rising precedence: the architecture's recipe, the weights', the caller's. */

import type { Preprocess } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import * as lazy from '../lazy.ts';
import type { LocatedSource } from './locate.ts';

/**
 * @param brought what the checkpoint says. A repository or converted model takes precedence
 * @throws ResnetError `config` for steps that make no sense, or do not fit the network's channels
 */
export async function preprocessOf(
  { preprocess, inputChannels }: ResolvedArch,
  { source, card }: LocatedSource,
  brought?: Partial<Preprocess>,
): Promise<Preprocess> {
  const usual = card?.preprocess ?? brought;
  if (!source.preprocess && !usual) return preprocess;
  const { mergePreprocess } = await lazy.mergedRecipes();
  return mergePreprocess({ ...preprocess, ...usual }, source.preprocess === 'test' ? {} : source.preprocess, inputChannels);
}
