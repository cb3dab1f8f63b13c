/** The tensor that the network would get for an image, read back to the CPU. */

import type { Tensor } from '../api/types.ts';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { readOnce } from '../gpu/read-once.ts';
import type { ImagePipeline, LoadedImage } from './pipeline.ts';

/**
 * @param pipeline this engine's, with which the images were loaded
 * @param images of one shape
 */
export async function imagesToTensor(engine: Engine, pipeline: ImagePipeline, images: readonly LoadedImage[]): Promise<Tensor> {
  const { memory } = engine;
  const shape = [images.length, ...(images[0]?.shape.slice(1) ?? [])];
  const size = shape.reduce((a, b) => a * b, 1) * 4;
  let target: GPUBuffer | undefined;
  try {
    const bytes = await readOnce(engine, size, (encoder, staging) => {
      target = memory.create('staging', 'image tensor', size, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
      pipeline.encodeBatch(encoder, images, { buffer: target, byteOffset: 0 });
      encoder.copyBufferToBuffer(target, 0, staging, 0, size);
    });
    return { data: new Float32Array(bytes), shape };
  } catch (error) {
    // A step that failed may have left its buffers half made.
    pipeline.drop(images);
    throw error;
  } finally {
    if (target) memory.destroy(target);
  }
}
