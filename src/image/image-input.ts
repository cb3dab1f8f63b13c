/** Images as a network's input: uploaded and written by dispatches that come before the network's. */

import type { Preprocess } from '../api/types.ts';
import type { InputPlace, InputWriter } from '../gpu/input-writer.ts';
import type { ImagePlan } from './image-plan.ts';
import type { ImagePipeline, LoadedImage } from './pipeline.ts';
import type { Pixels } from './pixels.ts';

export class ImageInput implements InputWriter {
  readonly fromImages = true;
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

  /** Forgets the images' buffers, which a failed step may have left half made. */
  drop(): void {
    this.#pipeline.drop(this.#images);
  }
}
