/** A reader of the network's tensors by canonical names: from the open checkpoint, and after a device loss from its source again. */

import type { LoadOptions } from '../api/types.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import * as lazy from '../checkpoint/lazy.ts';
import { isRandom } from '../checkpoint/open.ts';
import type { OpenedWeights } from '../checkpoint/opened-weights.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Understood } from '../checkpoint/understood.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import { ResnetError } from '../util/errors.ts';
import type { LocatedSource } from './locate.ts';
import type { PreparedNetwork } from './prepared-network.ts';

export interface BoundTensors {
  /** Only the upload may hold it, because it holds the file's bytes. */
  read: ReadTensor;
  /** Opens the checkpoint again, renamed so that it binds. @throws ResnetError `device-lost` if it was a stream, and what opening throws */
  reopenCheckpoint(): Promise<Checkpoint>;
  /** Opens it again and binds it. */
  reopenTensors(): Promise<ReadTensor>;
}

/** @throws ResnetError `checkpoint-keys` that lists missing, wrongly shaped and unexpected tensors */
export async function bindTensors(
  { graph, arch, view }: Pick<PreparedNetwork, 'graph' | 'arch'> & Pick<Understood, 'view'>,
  { source: { weights, strict } }: LocatedSource,
  opened: OpenedWeights | undefined,
  { onProgress }: LoadOptions,
): Promise<BoundTensors> {
  // `reopenCheckpoint` and `reopenTensors` outlive the load, so they must not capture `opened`. Only `read` holds the file.
  const reopenFile = isRandom(weights)
    ? async () =>
        (await lazy.randomWeights()).randomCheckpoint(graph, weights.random, {
          zeroInitResidual: arch.zeroInitResidual,
        })
    : (opened?.reopen ?? spent);
  const named = (file: Checkpoint) => view?.(file) ?? file;
  const reopenCheckpoint = async () => named(await reopenFile());
  const bind = async (checkpoint: Checkpoint): Promise<ReadTensor> => {
    const total = checkpoint.tensors.size;
    onProgress?.({ phase: 'read', loaded: 0, total });
    const bound = await bindCheckpoint(graph, checkpoint, { strict, arch: arch.name });
    onProgress?.({ phase: 'read', loaded: total, total });
    return async (key) => (await bound.get(key).read()).data;
  };
  return {
    read: await bind(opened ? named(opened.checkpoint) : await reopenCheckpoint()),
    reopenCheckpoint,
    reopenTensors: async () => bind(await reopenCheckpoint()),
  };
}

async function spent(): Promise<never> {
  throw new ResnetError('device-lost', 'The GPU device was lost, and the weights came from a stream, which cannot be read again.', {
    hint: 'Load the model again with a fresh stream, or pass a URL or a Blob.',
  });
}
