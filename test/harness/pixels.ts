/** Reads back what an image is on the GPU. */

import type { ImageSource, Preprocess } from '../../src/api/types.ts';
import { PipelineCache } from '../../src/gpu/pipelines.ts';
import { ImagePipeline } from '../../src/image/pipeline.ts';
import { loadImage } from '../support/load-image.ts';

export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array;
}

/** Pipelines are compiled once a device, since that is what takes time. */
const caches = new WeakMap<GPUDevice, PipelineCache>();

const bytesRecipe: Preprocess = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' };

/** RGB bytes of an image after upload, or of a recipe that does not normalise. */
export async function pixelsOf(device: GPUDevice, source: ImageSource, preprocess = bytesRecipe): Promise<Picture> {
  const cache = caches.get(device) ?? new PipelineCache(device);
  caches.set(device, cache);
  const images = new ImagePipeline(device, cache);
  const loaded = await loadImage(images, source, preprocess);
  const [, , height, width] = loaded.shape;
  const size = width * height * 3 * 4;
  const buffer = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const encoder = device.createCommandEncoder();
    images.encode(encoder, loaded, { buffer, byteOffset: 0 });
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const planes = new Float32Array(staging.getMappedRange());
    const rgb = Uint8Array.from({ length: planes.length }, (_, i) => planes[(i % 3) * width * height + Math.floor(i / 3)] ?? 0);
    return { width, height, rgb };
  } finally {
    loaded.close();
    images.dispose();
    buffer.destroy();
    staging.destroy();
  }
}
