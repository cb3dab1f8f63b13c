/** Whether images fit the channels of a network. Pure. */

import type { Preprocess } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';

export const LEVELS = 'Give one number for each input channel, on the 0..255 scale.';

/** Throws a ResnetError `config` if an image cannot become the network's input. */
export function checkChannels({ mean, std }: Preprocess, channels: number): void {
  const picture = channels === 3 || channels === 1;
  demand(
    picture,
    'mean',
    `The network takes ${channels} channels, an image has 3 (or 1, as luma).`,
    'Make the tensor yourself and call run().',
  );
  for (const [field, { length }] of Object.entries({ mean, std })) {
    demand(length === channels, field, `has ${length} numbers, but the network takes ${channels} channels.`, LEVELS);
  }
}

/** The error about a field of the recipe. @throws ResnetError `config` */
export function demand(ok: boolean, field: string, what: string, hint: string): void {
  if (!ok) throw new ResnetError('config', what, { layer: `preprocess.${field}`, hint });
}
