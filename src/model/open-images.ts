/** The decoded images of one call. They are decoded again if the call moves to another device. */

import type { Preprocess } from '../api/types.ts';
import type { Engine } from '../gpu/device.ts';
import { type ImagePipeline, type ImagePlan, type OpenOptions, openPixels, type Pixels } from '../image/index.ts';
import * as lazy from '../image/lazy.ts';
import type { TakenImage } from '../image/take.ts';

/** The pipeline of a device, and what it does with images. */
export interface Preparing {
  pipelineOf(engine: Engine): ImagePipeline;
  preprocess: Preprocess;
}

export interface OpenImage {
  pixels: Pixels;
  plan: ImagePlan;
}

export class OpenImages {
  readonly #images: readonly TakenImage[];
  readonly #preparing: Preparing;
  readonly #signal: AbortSignal | undefined;
  #engine: Engine;
  #opened: readonly OpenImage[] = [];

  private constructor(images: readonly TakenImage[], engine: Engine, preparing: Preparing, signal: AbortSignal | undefined) {
    this.#images = images;
    this.#engine = engine;
    this.#preparing = preparing;
    this.#signal = signal;
  }

  /** All images, or none. @throws ResnetError `image`, `network`, `aborted`; of several images, the message names the one that failed */
  static async open(images: readonly TakenImage[], engine: Engine, preparing: Preparing, signal?: AbortSignal): Promise<OpenImages> {
    const opening = new OpenImages(images, engine, preparing, signal);
    opening.#opened = await openAll(images, engine, preparing, { signal });
    return opening;
  }

  /** Indices of the images of each tensor shape, [c, h, w] after a batch of 1. */
  get groups(): { shape: readonly number[]; members: number[] }[] {
    const groups = new Map<string, { shape: readonly number[]; members: number[] }>();
    this.#opened.forEach(({ plan: { shape } }, i) => {
      const group = groups.get(shape.join('x')) ?? { shape, members: [] };
      group.members.push(i);
      groups.set(shape.join('x'), group);
    });
    return [...groups.values()];
  }

  /** The images for a device. If it is another one than before, they are decoded again: bitmaps may be lost together with a GPU. */
  async on(engine: Engine): Promise<readonly OpenImage[]> {
    if (engine !== this.#engine) {
      const again = await openAll(this.#images, engine, this.#preparing, { signal: this.#signal, afterLoss: true });
      this.close();
      [this.#engine, this.#opened] = [engine, again];
    }
    return this.#opened;
  }

  close(): void {
    for (const { pixels } of this.#opened) pixels.close();
  }
}

/** What was decoded is closed if one fails. */
async function openAll(
  images: readonly TakenImage[],
  engine: Engine,
  { pipelineOf, preprocess }: Preparing,
  options: OpenOptions,
): Promise<OpenImage[]> {
  const opening = images.map(async (image, i): Promise<OpenImage> => {
    try {
      const pixels = await openPixels(image, options);
      try {
        return { pixels, plan: pipelineOf(engine).plan(pixels, preprocess) };
      } catch (error) {
        pixels.close();
        throw error;
      }
    } catch (error) {
      throw images.length > 1 ? (await lazy.imageTrouble()).numbered(error, i) : error;
    }
  });
  try {
    return await Promise.all(opening);
  } catch (error) {
    for (const image of opening) image.then(({ pixels }) => pixels.close()).catch(() => undefined);
    throw error;
  }
}
