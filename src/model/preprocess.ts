/** How images reach a network: its own recipe, what comes with its weights, and before all what the caller says. */

import type { Preprocess } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import * as lazy from '../lazy.ts';
import type { LocatedSource } from './locate.ts';

/**
 * @param brought what the checkpoint says; a repository or converted model goes before
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
