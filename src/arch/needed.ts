/** The part of the architectures that few networks need is a file of its own (rare.ts). Whoever can wait fetches it when it is needed. */
import { ResnetError } from '../errors.ts';
import type * as rare from './rare.ts';

export type Rare = typeof rare;

/** Says that an architecture needs the rare part, to a caller who then begins again with it. */
export class RareNeeded extends ResnetError {
  constructor() {
    super('config', 'needs parts of the architectures that were not passed.', {
      layer: 'arch',
      hint: 'This is a bug in the library; please report it.',
    });
  }
}

/** @throws RareNeeded */
export function needed(part: Rare | undefined): Rare {
  if (!part) throw new RareNeeded();
  return part;
}
