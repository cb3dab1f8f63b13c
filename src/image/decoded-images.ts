/** The decoded images of one call. They are decoded again if the call moves to another device. */

import type { Engine } from '../gpu/device.ts';
import type { ImagePipelines } from './image-pipelines.ts';
import type { ImagePlan } from './image-plan.ts';
import * as lazy from './lazy.ts';
import type { Pixels } from './pixels.ts';
import { type OpenOptions, openPixels } from './sources.ts';
import type { TakenImage } from './take.ts';

export interface DecodedImage {
  pixels: Pixels;
  plan: ImagePlan;
}

/** Indices of the images whose tensors have the same shape, [1, c, h, w]. */
export interface ShapeGroup {
  shape: readonly number[];
  members: number[];
}

export class DecodedImages {
  readonly #taken: readonly TakenImage[];
  readonly #pipelines: ImagePipelines;
  readonly #signal: AbortSignal | undefined;
  #engine: Engine;
  #decoded: readonly DecodedImage[] = [];

  private constructor(taken: readonly TakenImage[], engine: Engine, pipelines: ImagePipelines, signal: AbortSignal | undefined) {
    this.#taken = taken;
    this.#engine = engine;
    this.#pipelines = pipelines;
    this.#signal = signal;
  }

  /** All images, or none. @throws ResnetError `image`, `network`, `aborted`; of several images, the message names the one that failed */
  static async decode(
    taken: readonly TakenImage[],
    engine: Engine,
    pipelines: ImagePipelines,
    signal?: AbortSignal,
  ): Promise<DecodedImages> {
    const images = new DecodedImages(taken, engine, pipelines, signal);
    images.#decoded = await decodeAll(taken, engine, pipelines, { signal });
    return images;
  }

  /** In the order of each shape's first image. */
  get groups(): ShapeGroup[] {
    const groups = new Map<string, ShapeGroup>();
    this.#decoded.forEach(({ plan: { shape } }, i) => {
      const group = groups.get(shape.join('x')) ?? { shape, members: [] };
      group.members.push(i);
      groups.set(shape.join('x'), group);
    });
    return [...groups.values()];
  }

  /** The images for a device. If it is another one than before, they are decoded again: bitmaps may be lost together with a GPU. */
  async imagesFor(engine: Engine): Promise<readonly DecodedImage[]> {
    if (engine !== this.#engine) {
      const again = await decodeAll(this.#taken, engine, this.#pipelines, { signal: this.#signal, afterLoss: true });
      this.close();
      [this.#engine, this.#decoded] = [engine, again];
    }
    return this.#decoded;
  }

  close(): void {
    for (const { pixels } of this.#decoded) pixels.close();
  }
}

/** If one fails, those that were already decoded are closed. */
async function decodeAll(
  taken: readonly TakenImage[],
  engine: Engine,
  pipelines: ImagePipelines,
  options: OpenOptions,
): Promise<DecodedImage[]> {
  const decoding = taken.map(async (image, i): Promise<DecodedImage> => {
    try {
      const pixels = await openPixels(image, options);
      try {
        return { pixels, plan: pipelines.of(engine).plan(pixels, pipelines.preprocess) };
      } catch (error) {
        pixels.close();
        throw error;
      }
    } catch (error) {
      throw taken.length > 1 ? (await lazy.imageTrouble()).numbered(error, i) : error;
    }
  });
  try {
    return await Promise.all(decoding);
  } catch (error) {
    for (const image of decoding) image.then(({ pixels }) => pixels.close()).catch(() => undefined);
    throw error;
  }
}
