/**
 * Parts of the architectures that not everybody needs are files of their own: what few networks have (rare.ts), and timm's classes
 * (libraries/timm-part.ts). Whoever can wait fetches one when it is needed.
 */
import { ResnetError } from '../util/errors.ts';
import type * as timm from './libraries/timm-part.ts';
import type * as rare from './rare.ts';

export type Rare = typeof rare;
export type Timm = typeof timm;

export interface Parts {
  rare?: Rare;
  timm?: Timm;
}

/** Says that an architecture needs a part, to a caller who then begins again with it. */
export class PartNeeded extends ResnetError {
  readonly part: keyof Parts;

  constructor(part: keyof Parts) {
    super('config', 'needs parts of the architectures that were not passed.', {
      layer: 'arch',
      hint: 'This is a bug in the library; please report it.',
    });
    this.part = part;
  }
}

/** @throws PartNeeded */
export function needed(part: Rare | undefined): Rare {
  if (!part) throw new PartNeeded('rare');
  return part;
}

/** @throws PartNeeded */
export function timmOf({ timm, rare }: Parts): Timm {
  const part = timm ?? rare;
  if (!part) throw new PartNeeded('timm');
  return part;
}
