/** From images to the network's input on the GPU: one upload and two dispatches for each image. Another image of the same size allocates nothing. */

import type { Preprocess } from '../api/types.ts';
import type { PipelineCache } from '../gpu/pipelines.ts';
import { disposed } from '../util/errors.ts';
import { type ImagePlan, planImage } from './image-plan.ts';
import { imageError, type Pixels } from './pixels.ts';
import { ImageStation, type ImageTarget } from './station.ts';

/** An image that is ready for `encode`. Its pixels stay the caller's. */
export interface LoadedImage {
  /** Shape of the tensor: [1, c, h, w]. */
  readonly shape: readonly [number, number, number, number];
}

interface Loaded extends LoadedImage {
  key: string;
  pixels: Pixels;
  plan: ImagePlan;
  pipelines: readonly [GPUComputePipeline, GPUComputePipeline];
}

/** Number of image sizes to keep ready, and the bytes above which fewer are kept. A 12-megapixel photo takes 49 MB. */
const MAX_STATIONS = 4;
const MAX_BYTES = 64 * 2 ** 20;

export class ImagePipeline {
  readonly #device: GPUDevice;
  readonly #pipelines: PipelineCache;
  /** By image size and recipe, least recently used first. */
  readonly #stations = new Map<string, ImageStation>();
  #disposed = false;

  constructor(device: GPUDevice, pipelines: PipelineCache) {
    this.#device = device;
    this.#pipelines = pipelines;
  }

  /** GPU memory held. */
  get bytes(): number {
    return [...this.#stations.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Compiles what the recipe needs, whatever the image's size. */
  async compile(preprocess: Preprocess): Promise<readonly [GPUComputePipeline, GPUComputePipeline]> {
    const { rows, columns } = planImage(1, 1, preprocess);
    return Promise.all([this.#pipelines.get(rows), this.#pipelines.get(columns)]);
  }

  /**
   * Plans how the image becomes a tensor. Does not touch the GPU.
   * @param preprocess is one that mergePreprocess returned
   * @throws ResnetError `image` if it is too large for this device
   */
  plan(pixels: Pixels, preprocess: Preprocess): ImagePlan {
    const known = this.#stations.get(keyOf(pixels, preprocess))?.plan;
    const plan = known ?? planImage(pixels.width, pixels.height, preprocess);
    if (!known) this.#checkLimits(pixels, plan);
    return plan;
  }

  /** Waits for everything that `encode` needs. */
  async load(pixels: Pixels, preprocess: Preprocess, plan = this.plan(pixels, preprocess)): Promise<LoadedImage> {
    const pipelines = await this.compile(preprocess);
    const loaded: Loaded = { shape: plan.shape, key: keyOf(pixels, preprocess), pixels, plan, pipelines };
    return loaded;
  }

  /**
   * Uploads the image and records the dispatches that write its tensor. Submit the encoder before the next call: an
   * upload overtakes all that is recorded but not submitted. What an image of a new size needs is made here, so call it under
   * an error scope, and `drop` the images if that reports an error.
   */
  encode(encoder: GPUCommandEncoder, image: LoadedImage, target: ImageTarget): void {
    const { key, pixels, plan, pipelines } = image as Loaded;
    const station = this.#station(key, plan);
    station.upload(pixels);
    station.encode(encoder, pipelines, target);
  }

  /** Several images of one shape, in order. All but the last are submitted here. The last one goes into `encoder`. */
  encodeBatch(encoder: GPUCommandEncoder, images: readonly LoadedImage[], { buffer, byteOffset }: ImageTarget): void {
    images.forEach((image, i) => {
      const [, c, h, w] = image.shape;
      const target = { buffer, byteOffset: byteOffset + i * c * h * w * 4 };
      const last = i === images.length - 1;
      const own = last ? encoder : this.#device.createCommandEncoder({ label: 'image' });
      this.encode(own, image, target);
      if (!last) this.#device.queue.submit([own.finish()]);
    });
  }

  /** Frees the buffers that such images are encoded with: after an error nobody knows which were made. */
  drop(images: readonly LoadedImage[]): void {
    for (const { key } of images as Loaded[]) {
      this.#stations.get(key)?.destroy();
      this.#stations.delete(key);
    }
    this.#pipelines.forgetLayouts();
  }

  dispose(): void {
    this.#disposed = true;
    for (const station of this.#stations.values()) station.destroy();
    this.#stations.clear();
  }

  #station(key: string, plan: ImagePlan): ImageStation {
    if (this.#disposed) throw disposed();
    const station = this.#stations.get(key) ?? new ImageStation(this.#device, this.#pipelines, plan);
    this.#stations.delete(key);
    this.#stations.set(key, station);
    for (const [oldest, old] of this.#stations) {
      if (old === station || (this.#stations.size <= MAX_STATIONS && this.bytes <= MAX_BYTES)) break;
      old.destroy();
      this.#stations.delete(oldest);
    }
    return station;
  }

  #checkLimits({ width, height }: Pixels, { region, intermediateBytes }: ImagePlan): void {
    const { maxTextureDimension2D, maxStorageBufferBindingSize } = this.#device.limits;
    if (Math.max(region.width, region.height) > maxTextureDimension2D) {
      throw imageError(
        `${region.width}x${region.height} of the image's ${width}x${height} pixels are needed, this device's textures end at ${maxTextureDimension2D}.`,
        'Pass a smaller image, or a device with a larger maxTextureDimension2D.',
      );
    }
    if (intermediateBytes > maxStorageBufferBindingSize) {
      throw imageError(
        `The image of ${width}x${height} needs ${intermediateBytes} bytes between two passes, but this device binds at most ${maxStorageBufferBindingSize}.`,
        'Pass a smaller image, or set preprocess.resize.',
      );
    }
  }
}

function keyOf({ width, height }: Pixels, preprocess: Preprocess): string {
  return `${width}x${height} ${JSON.stringify(preprocess)}`;
}
