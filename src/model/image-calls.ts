/** What a model does with images. Fetched during the load if the network has a head, otherwise by the first call with an image. */

import type { CallOptions, Prediction, Preprocess, Tensor } from '../api/types.ts';
import { checkTopK, type PredictOptions, predict, predictions } from '../classify/predict.ts';
import { compileTopK, rankingsTail, ranksOnGpu } from '../classify/top-k.ts';
import type { Engine } from '../gpu/device.ts';
import type { TailFor } from '../gpu/executable.ts';
import { DecodedImages, ImageInput, ImagePipeline, ImagePipelines, imagesToTensor } from '../image/index.ts';
import type { TakenImage } from '../image/take.ts';
import type { Session } from './session.ts';

/**
 * Compiles what images need while the checkpoint downloads. The first call that needs it reports errors.
 * @param preprocess as far as it is known by then: nearly all recipes need the same two pipelines
 */
export async function precompileImages(engine: Engine, preprocess: Preprocess): Promise<void> {
  await Promise.all([new ImagePipeline(engine.device, engine.pipelines).compile(preprocess), compileTopK(engine)]);
}

/**
 * The tail that gives the most probable classes of each image: by a ranking on the GPU, or from all logits.
 * @param classes length of the logits
 * @throws ResnetError `usage` for a topK that is not a number of classes
 */
export function classesTail({ classes, ...options }: PredictOptions & { classes: number }): TailFor<Prediction[][]> {
  const topK = checkTopK(options.topK);
  if (ranksOnGpu(classes, topK)) return rankingsTail(topK, (ranking) => predictions(ranking, options));
  return rowsTail((row) => predict(row, { ...options, topK }));
}

/** The tail that gives what `use` makes of the first output's values, one row for each image. */
export function rowsTail<T>(use: (row: Float32Array) => T): TailFor<T[]> {
  return ({ allOutputs: { reading }, outputs: [output] }) => {
    const decode = (bytes: ArrayBuffer) => {
      const [all = new Float32Array()] = reading.decode(bytes);
      const rows = output?.shape[0] ?? 1;
      const length = all.length / rows;
      return Array.from({ length: rows }, (_, row) => use(all.subarray(row * length, (row + 1) * length)));
    };
    return { reading: { ...reading, decode } };
  };
}

export class Images {
  readonly #session: Session;
  readonly #pipelines: ImagePipelines;

  /** @param channels of the network's input */
  constructor(session: Session, preprocess: Preprocess, channels: number) {
    this.#session = session;
    this.#pipelines = new ImagePipelines(preprocess, channels);
  }

  /** GPU memory in use. */
  get bytes(): number {
    return this.#pipelines.bytesOn(this.#session.engine);
  }

  dispose(): void {
    this.#pipelines.dispose(this.#session.engine);
  }

  /** Compiles what images need, so that the first one does not wait for it. */
  async compile(): Promise<void> {
    const engine = await this.#session.ready();
    await Promise.all([this.#pipelines.of(engine).compile(this.#pipelines.preprocess), compileTopK(engine)]);
  }

  /** @throws ResnetError `image`, `network`, `out-of-memory`, `device-lost`, `disposed` */
  async toTensor(image: TakenImage): Promise<Tensor> {
    const images = await this.#decode([image]);
    try {
      return await this.#session.attempt(async ({ engine }) => {
        const decoded = await images.imagesFor(engine);
        const pipeline = this.#pipelines.of(engine);
        const { preprocess } = this.#pipelines;
        const loaded = await Promise.all(decoded.map(({ pixels, plan }) => pipeline.load(pixels, preprocess, plan)));
        return imagesToTensor(engine, pipeline, loaded);
      });
    } finally {
      images.close();
    }
  }

  /**
   * Runs the network on images. Those with the same tensor size run as one batch.
   * @param node the output
   * @param tail returns one result for each image
   */
  async run<T>(taken: readonly TakenImage[], node: string, tail: TailFor<T[]>, options: CallOptions = {}): Promise<T[]> {
    const images = await this.#decode(taken, options.signal);
    const results: T[] = [];
    try {
      for (const { shape, members } of this.#batches(images, node)) {
        const input = new ImageInput(images, members, this.#pipelines);
        const answers = await this.#session.run({ shape, outputs: [node], input, tail }, options);
        for (const [row, i] of members.entries()) if (row in answers) results[i] = answers[row] as T;
      }
      return results;
    } finally {
      images.close();
    }
  }

  async #decode(taken: readonly TakenImage[], signal?: AbortSignal): Promise<DecodedImages> {
    return DecodedImages.decode(taken, await this.#session.ready(), this.#pipelines, signal);
  }

  /** Indices of the images that run together, with the shape of their input. */
  #batches(images: DecodedImages, node: string): { shape: number[]; members: number[] }[] {
    return images.groups.flatMap(({ shape: [, ...size], members }) => {
      const limit = this.#session.batchLimit([members.length, ...size], [node]);
      return Array.from({ length: Math.ceil(members.length / limit) }, (_, i) => {
        const slice = members.slice(i * limit, (i + 1) * limit);
        return { shape: [slice.length, ...size], members: slice };
      });
    });
  }
}
