/** Times the kernel variants in a separate worker. Ending it frees the GPU. */

import type { Tuning } from '../../../src/api/tuning-types.ts';
import { loadModel } from '../../../src/model/load.ts';
import { serve } from '../rpc.ts';

export interface TuneRequest {
  model: string;
  batch: number;
  size: number | undefined;
  precision: 'f32' | 'f16';
}

/** Sent in addition to the answers to calls. */
export interface TuneProgress {
  progress: number;
}

const port = self as unknown as Parameters<typeof serve>[0];

const handlers = {
  async tune({ model: arch, batch, size, precision }: TuneRequest): Promise<Tuning> {
    // The values of weights do not affect how long kernels take.
    const model = await loadModel(
      { arch, weights: { random: 1 } },
      { batch, precision, inputSize: size === undefined ? undefined : [size, size], powerPreference: 'high-performance' },
    );
    return model.tune({
      onProgress: ({ loaded, total }) => port.postMessage({ progress: loaded / Math.max(1, total) } satisfies TuneProgress),
    });
  },
};

export type TuneHandlers = typeof handlers;

serve(port, handlers);
