/** Checkpoints passed as a stream, or as tensors in memory. Loaded for callers with neither an address nor a file. */

import type { Tensor } from '../api/types.ts';
import { product } from '../graph/shape.ts';
import { ResnetError } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';
import type { DownloadOptions } from './download.ts';
import { finishWhole, readSource } from './read.ts';
import { Segments } from './segments.ts';
import { drain } from './stream.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

/** @throws ResnetError `usage` for a locked stream, `network` for a broken one, and the errors of `readCheckpoint` */
export async function fromStream(stream: ReadableStream<Uint8Array>, { signal, onProgress }: DownloadOptions): Promise<Checkpoint> {
  if (stream.locked) {
    throw new ResnetError('usage', 'The stream is locked: something has read from it.', { layer: 'weights', hint: 'Pass a fresh stream.' });
  }
  const bytes = new Segments('stream');
  const failure = await drain(stream, bytes, signal, (loaded) => onProgress?.(loaded));
  if (failure) {
    throw new ResnetError('network', `The stream broke after ${bytes.size} bytes.`, {
      layer: 'weights',
      hint: 'Pass a fresh stream.',
      cause: failure.cause,
    });
  }
  onProgress?.(bytes.size, bytes.size);
  return readSource(bytes);
}

/** @throws ResnetError `usage` for a tensor whose numbers do not match its shape */
export async function fromTensors(source: Record<string, Tensor>): Promise<Checkpoint> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [key, tensor] of Object.entries(source)) {
    const { data, shape } = (tensor ?? {}) as Partial<Tensor>;
    if (tagOf(data) !== 'Float32Array' || !Array.isArray(shape) || product(shape) !== data?.length) {
      throw new ResnetError('usage', `The tensor has ${data?.length ?? 'no'} numbers (${tagOf(data)}) for shape [${shape}].`, {
        layer: key,
        hint: 'Pass { data: Float32Array, shape: number[] } with as many numbers as the shape says.',
      });
    }
    tensors.set(key, { dtype: 'f32', shape, read: async () => ({ data, shape: [...shape] }) });
  }
  return finishWhole('memory', { tensors, metadata: {} }, 'weights');
}
