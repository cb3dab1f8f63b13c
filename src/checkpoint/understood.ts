/** The result of matching a checkpoint with an architecture. Types only. */

import type { Assumption, SourceInfo } from '../api/types.ts';
import type { Arch, ResolvedArch, ResolveOptions } from '../arch/index.ts';
import type { Checkpoint } from './types.ts';

export interface Understood {
  arch: ResolvedArch;
  /** The name or configuration that `arch` was resolved from. It can be passed as `arch` with the same weights. */
  archSpec: Arch;
  assumed: Assumption[];
  source: SourceInfo;
  warnings?: string[];
  /** Makes the checkpoint to bind from the file's. Absent if that is the file's own. Made anew each time, so that no part of a file is kept. */
  view?: (checkpoint: Checkpoint) => Checkpoint;
}

export interface Wanted {
  arch?: Arch;
  numClasses?: number;
  head?: 'none';
  scores?: ResolveOptions['scores'];
}
