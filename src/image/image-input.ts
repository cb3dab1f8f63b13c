/** Images as a network's input: uploaded and written by dispatches that come before the network's. */

import type { Preprocess } from '../api/types.ts';
import type { InputPlace, InputWriter } from '../gpu/input-writer.ts';
import type { ImagePlan } from './image-plan.ts';
import type { ImagePipeline, LoadedImage } from './pipeline.ts';
import type { Pixels } from './pixels.ts';

export class ImageInput implements InputWriter {
  readonly #pipeline: ImagePipeline;
  readonly #images: readonly LoadedImage[];

  private constructor(pipeline: ImagePipeline, images: readonly LoadedImage[]) {
    this.#pipeline = pipeline;
    this.#images = images;
  }

  /** @param images of one tensor shape */
  static async load(
    pipeline: ImagePipeline,
    images: readonly { pixels: Pixels; plan: ImagePlan }[],
    preprocess: Preprocess,
  ): Promise<ImageInput> {
    return new ImageInput(pipeline, await Promise.all(images.map(({ pixels, plan }) => pipeline.load(pixels, preprocess, plan))));
  }

  /** Of the tensor that one of them becomes. */
  get shape(): readonly number[] {
    return this.#images[0]?.shape ?? [];
  }

  write({ encoder, buffer, byteOffset }: Pick<InputPlace, 'encoder' | 'buffer' | 'byteOffset'>): void {
    this.#pipeline.encodeBatch(encoder, this.#images, { buffer, byteOffset });
  }

  /** Nothing that a failed step may have left half made is used again. */
  async dropIfFails<T>(use: Promise<T>): Promise<T> {
    try {
      return await use;
    } catch (error) {
      this.#pipeline.drop(this.#images);
      throw error;
    }
  }
}
