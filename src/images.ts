/** What a model does with images; loaded beside the checkpoint: a network that is fed tensors needs none of it. */
import { checkTopK, type PredictOptions, predict, predictions } from './classify/predict.ts';
import { compileTopK, rankOnGpu, ranksOnGpu } from './classify/top-k.ts';
import type { Engine } from './gpu/device.ts';
import type { Executable, FillInput, Schedule } from './gpu/executable.ts';
import { checkChannels, ImagePipeline, imageToTensor, type LoadedImage, type ImagePipeline as Pipeline } from './image/index.ts';
import type { Session } from './session.ts';
import type { CallOptions, ImageSource, Prediction, Preprocess, Tensor } from './types.ts';

/** Reads the results of a run: one for each image of its batch. */
type ReadRows<T> = (executable: Executable, engine: Engine, fill: FillInput, schedule: Schedule | undefined) => Promise<T[]>;

/** Compiles what images need before there is a network; failures are left to whoever needs it. */
export function precompileImages(engine: Engine, preprocess: Preprocess): void {
  new ImagePipeline(engine.device, engine.pipelines).compile(preprocess).catch(() => undefined);
  compileTopK(engine).catch(() => undefined);
}

export class Images {
  readonly #session: Session;
  readonly #preprocess: Preprocess;
  readonly #channels: number;
  /** One a device, since a lost device is replaced. */
  readonly #pipelines = new WeakMap<Engine, Pipeline>();

  /** @param channels of the network's input */
  constructor(session: Session, preprocess: Preprocess, channels: number) {
    this.#session = session;
    this.#preprocess = preprocess;
    this.#channels = channels;
  }

  /** GPU memory held. */
  get bytes(): number {
    return this.#pipelines.get(this.#session.engine)?.bytes ?? 0;
  }

  dispose(): void {
    this.#pipelines.get(this.#session.engine)?.dispose();
  }

  /** Compiles what images need, so that the first one does not wait for it. */
  async prepare(): Promise<void> {
    const engine = await this.#session.ready();
    await Promise.all([this.#pipeline(engine).compile(this.#preprocess), compileTopK(engine)]);
  }

  async toTensor(image: ImageSource): Promise<Tensor> {
    const engine = await this.#session.ready();
    const pipeline = this.#pipeline(engine);
    const loaded = await pipeline.load(image, this.#preprocess);
    try {
      return await imageToTensor(engine, pipeline, loaded);
    } finally {
      loaded.close();
    }
  }

  /** @param logits node, of so many `classes` */
  async classify(
    images: readonly ImageSource[],
    logits: string,
    { classes, ...options }: PredictOptions & CallOptions & { classes: number },
  ): Promise<Prediction[][]> {
    const topK = checkTopK(options.topK);
    if (!ranksOnGpu(classes, topK)) {
      const rows = await this.rows(images, logits, options);
      return rows.map((row) => predict(row, { ...options, topK }));
    }
    const rankings = await this.#run(
      images,
      logits,
      (executable, engine, fill, schedule) => rankOnGpu(executable, engine, fill, topK, schedule),
      options,
    );
    return rankings.map((ranking) => predictions(ranking, options));
  }

  /** The values of a node, [n, ...], one row for each image. */
  rows(images: readonly ImageSource[], node: string, options?: CallOptions): Promise<Float32Array[]> {
    const read: ReadRows<Float32Array> = async (executable, _, fill, schedule) => {
      const [all = new Float32Array()] = await executable.run(fill, schedule);
      const rows = executable.outputs[0]?.shape[0] ?? 1;
      const length = all.length / rows;
      return Array.from({ length: rows }, (_, row) => all.subarray(row * length, (row + 1) * length));
    };
    return this.#run(images, node, read, options);
  }

  /** Images that come out at the same size run as one batch. */
  async #run<T>(images: readonly ImageSource[], node: string, read: ReadRows<T>, options: CallOptions = {}): Promise<T[]> {
    const engine = await this.#session.ready();
    const load = async (image: ImageSource, on: Engine) => this.#pipeline(on).load(image, this.#preprocess, options.signal);
    const loaded = await allOrNone(images.map((image) => load(image, engine)));
    try {
      const results: T[] = [];
      for (const members of groupByShape(loaded)) {
        const size = loaded[members[0] ?? 0]?.shape.slice(1) ?? [];
        const limit = this.#session.batchLimit([members.length, ...size], [node]);
        for (let from = 0; from < members.length; from += limit) {
          const slice = members.slice(from, from + limit);
          const rows = await this.#session.use(
            [slice.length, ...size],
            [node],
            async (executable, on, schedule) => {
              // On the replacement of a lost device the images are decoded anew.
              const ready =
                on === engine ? slice.flatMap((i) => loaded[i] ?? []) : await allOrNone(slice.map((i) => load(images[i] ?? '', on)));
              const pipeline = this.#pipeline(on);
              const fill: FillInput = ({ encoder, buffer, byteOffset }) => pipeline.encodeBatch(encoder, ready, { buffer, byteOffset });
              return read(executable, on, fill, schedule);
            },
            options,
          );
          slice.forEach((i, row) => {
            const result = rows[row];
            if (result !== undefined) results[i] = result;
          });
        }
      }
      return results;
    } finally {
      for (const image of loaded) image.close();
    }
  }

  #pipeline(engine: Engine): Pipeline {
    let pipeline = this.#pipelines.get(engine);
    if (!pipeline) {
      checkChannels(this.#preprocess, this.#channels);
      pipeline = new ImagePipeline(engine.device, engine.pipelines);
      this.#pipelines.set(engine, pipeline);
    }
    return pipeline;
  }
}

/** All images, or none: what was decoded is closed if one fails. */
async function allOrNone(loading: Promise<LoadedImage>[]): Promise<LoadedImage[]> {
  try {
    return await Promise.all(loading);
  } catch (error) {
    for (const image of loading) image.then((loaded) => loaded.close()).catch(() => undefined);
    throw error;
  }
}

/** Indices of the images of each tensor shape. */
function groupByShape(images: readonly LoadedImage[]): number[][] {
  const groups = new Map<string, number[]>();
  images.forEach(({ shape }, i) => {
    const key = shape.join('x');
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}
