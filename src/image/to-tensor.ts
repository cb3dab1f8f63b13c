/** An image as the tensor that the network would get, back on the CPU. */

import type { Tensor } from '../api/types.ts';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { readOnce } from '../gpu/read-once.ts';
import type { ImageInput } from './image-input.ts';

export async function imageToTensor(engine: Engine, image: ImageInput): Promise<Tensor> {
  const { memory } = engine;
  const size = image.shape.reduce((a, b) => a * b, 1) * 4;
  let target: GPUBuffer | undefined;
  try {
    const bytes = await readOnce(engine, size, (encoder, staging) => {
      target = memory.create('staging', 'image tensor', size, USAGE.STORAGE | USAGE.COPY_SRC | USAGE.COPY_DST);
      image.write({ encoder, buffer: target, byteOffset: 0 });
      encoder.copyBufferToBuffer(target, 0, staging, 0, size);
    });
    return { data: new Float32Array(bytes), shape: [...image.shape] };
  } finally {
    if (target) memory.destroy(target);
  }
}
