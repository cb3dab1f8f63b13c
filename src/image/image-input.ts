/** Images as a network's input: uploaded, and written by dispatches before those of the network. */

import type { Engine } from '../gpu/device.ts';
import type { InputPlace, InputWriter } from '../gpu/input-writer.ts';
import type { DecodedImages } from './decoded-images.ts';
import type { ImagePipelines } from './image-pipelines.ts';
import type { ImagePipeline, LoadedImage } from './pipeline.ts';

export class ImageInput implements InputWriter {
  readonly fromImages = true;
  readonly #images: DecodedImages;
  readonly #members: readonly number[];
  readonly #pipelines: ImagePipelines;
  /** The pipeline of the run's device. */
  #pipeline: ImagePipeline | undefined;
  #loaded: readonly LoadedImage[] = [];

  /** @param members indices of the images that run as one batch, with the same tensor shape */
  constructor(images: DecodedImages, members: readonly number[], pipelines: ImagePipelines) {
    this.#images = images;
    this.#members = members;
    this.#pipelines = pipelines;
  }

  async prepare(engine: Engine): Promise<void> {
    const decoded = await this.#images.imagesFor(engine);
    const pipeline = this.#pipelines.of(engine);
    const { preprocess } = this.#pipelines;
    const mine = this.#members.flatMap((i) => decoded[i] ?? []);
    this.#loaded = await Promise.all(mine.map(({ pixels, plan }) => pipeline.load(pixels, preprocess, plan)));
    this.#pipeline = pipeline;
  }

  write({ encoder, buffer, byteOffset }: InputPlace): void {
    this.#pipeline?.encodeBatch(encoder, this.#loaded, { buffer, byteOffset });
  }

  /** Forgets the images' buffers. */
  drop(): void {
    this.#pipeline?.drop(this.#loaded);
    this.#pipeline = undefined;
  }
}
