/** What comes out when a checkpoint is matched with an architecture. Types only. */

import type { Assumption, SourceInfo } from '../api/types.ts';
import type { Arch, ResolvedArch, ResolveOptions } from '../arch/index.ts';
import type { Checkpoint } from './types.ts';

export interface Understood {
  arch: ResolvedArch;
  /** What was resolved: a name or a configuration, to be passed as `arch` with the same weights. */
  given: Arch;
  assumed: Assumption[];
  source: SourceInfo;
  warnings?: string[];
  /** The checkpoint to bind, from the file's; absent where it is the file's own. Made anew each time, so that nothing of a file is kept. */
  view?: (checkpoint: Checkpoint) => Checkpoint;
}

export interface Wanted {
  arch?: Arch;
  numClasses?: number;
  head?: 'none';
  scores?: ResolveOptions['scores'];
}
