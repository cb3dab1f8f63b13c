/** An image as the tensor that the network would get, back on the CPU. */

import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { mapForReading } from '../gpu/readback.ts';
import type { Tensor } from '../types.ts';
import type { ImagePipeline, LoadedImage } from './pipeline.ts';

export async function imageToTensor({ device, memory }: Engine, pipeline: ImagePipeline, image: LoadedImage): Promise<Tensor> {
  const size = image.shape.reduce((a, b) => a * b, 1) * 4;
  const target = memory.create('staging', 'image tensor', size, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
  const staging = memory.create('staging', 'image tensor readback', size, USAGE.MAP_READ | USAGE.COPY_DST);
  try {
    const encoder = device.createCommandEncoder({ label: 'preprocess' });
    pipeline.encode(encoder, image, { buffer: target, byteOffset: 0 });
    encoder.copyBufferToBuffer(target, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await mapForReading(device, staging);
    return { data: new Float32Array(staging.getMappedRange().slice(0)), shape: [...image.shape] };
  } finally {
    memory.destroy(target);
    memory.destroy(staging);
  }
}
