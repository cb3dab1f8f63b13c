/** What a model does with images; loaded beside the checkpoint: a network that is fed tensors needs none of it. */

import type { CallOptions, Prediction, Preprocess, Tensor } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import { checkTopK, type PredictOptions, predict, predictions } from '../classify/predict.ts';
import { compileTopK, rankOnGpu, ranksOnGpu } from '../classify/top-k.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable, FillInput, Schedule } from '../gpu/executable.ts';
import {
  checkChannels,
  ImagePipeline,
  type ImagePlan,
  imageToTensor,
  type LoadedImage,
  type OpenOptions,
  openPixels,
  type ImagePipeline as Pipeline,
  type Pixels,
} from '../image/index.ts';
import type { TakenImage } from '../image/take.ts';
import { ResnetError } from '../util/errors.ts';
import type { LocatedSource } from './locate.ts';
import { preprocessOf } from './preprocess.ts';
import type { Session } from './session.ts';

/** Reads the results of a run: one for each image of its batch. */
type ReadRows<T> = (executable: Executable, engine: Engine, fill: FillInput, schedule: Schedule | undefined) => Promise<T[]>;

/** Compiles what images need before there is a network; failures are left to whoever needs it. @throws ResnetError `config` */
export function precompileImages(engine: Engine, arch: ResolvedArch, located: LocatedSource): void {
  new ImagePipeline(engine.device, engine.pipelines).compile(preprocessOf(arch, located)).catch(() => undefined);
  compileTopK(engine).catch(() => undefined);
}

export class Images {
  readonly #session: Session;
  readonly #preprocess: Preprocess;
  readonly #channels: number;
  /** One a device, since a lost device is replaced. */
  readonly #pipelines = new WeakMap<Engine, Pipeline>();
  #disposed = false;

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
    this.#disposed = true;
    this.#pipelines.get(this.#session.engine)?.dispose();
  }

  /** Compiles what images need, so that the first one does not wait for it. */
  async prepare(): Promise<void> {
    const engine = await this.#session.ready();
    await Promise.all([this.#pipeline(engine).compile(this.#preprocess), compileTopK(engine)]);
  }

  /** @throws ResnetError `image`, `network`, `out-of-memory`, `device-lost`, `disposed` */
  toTensor(image: TakenImage): Promise<Tensor> {
    return this.#withOpened([image], undefined, (_, on) =>
      this.#session.attempt(async (engine) => {
        const [opened] = await on(engine);
        const pipeline = this.#pipeline(engine);
        const loaded = await loadAll(pipeline, opened ? [opened] : [], this.#preprocess);
        return dropping(pipeline, loaded, ([first]) => imageToTensor(engine, pipeline, first as LoadedImage));
      }),
    );
  }

  /** @param logits node, of so many `classes` */
  async classify(
    images: readonly TakenImage[],
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
  rows(images: readonly TakenImage[], node: string, options?: CallOptions): Promise<Float32Array[]> {
    const read: ReadRows<Float32Array> = async (executable, _, fill, schedule) => {
      const [all = new Float32Array()] = await executable.run(fill, schedule);
      const rows = executable.outputs[0]?.shape[0] ?? 1;
      const length = all.length / rows;
      return Array.from({ length: rows }, (_, row) => all.subarray(row * length, (row + 1) * length));
    };
    return this.#run(images, node, read, options);
  }

  /** Images that come out at the same size run as one batch. */
  #run<T>(images: readonly TakenImage[], node: string, read: ReadRows<T>, options: CallOptions = {}): Promise<T[]> {
    return this.#withOpened(images, options.signal, async (opened, on) => {
      const results: T[] = [];
      for (const members of groupByShape(opened)) {
        const size = opened[members[0] ?? 0]?.plan.shape.slice(1) ?? [];
        const limit = this.#session.batchLimit([members.length, ...size], [node]);
        for (let from = 0; from < members.length; from += limit) {
          const slice = members.slice(from, from + limit);
          const rows = await this.#session.use(
            [slice.length, ...size],
            [node],
            async (executable, engine, schedule) => {
              const current = await on(engine);
              const pipeline = this.#pipeline(engine);
              const ready = slice.flatMap((i) => current[i] ?? []);
              return dropping(pipeline, await loadAll(pipeline, ready, this.#preprocess), (loaded) =>
                read(executable, engine, ({ encoder, ...target }) => pipeline.encodeBatch(encoder, loaded, target), schedule),
              );
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
    });
  }

  /** Opens images for `use`, which gets with `on` what they are on the device of an attempt, and closes them after it. */
  async #withOpened<T>(
    images: readonly TakenImage[],
    signal: AbortSignal | undefined,
    use: (opened: readonly Opened[], on: (engine: Engine) => Promise<readonly Opened[]>) => Promise<T>,
  ): Promise<T> {
    let engine = await this.#session.ready();
    let opened = await this.#openAll(images, engine, { signal });
    const on = async (current: Engine) => {
      if (current === engine) return opened;
      // What was decoded may have gone with the GPU that was lost.
      const again = await this.#openAll(images, current, { signal, afterLoss: true });
      closeAll(opened);
      [engine, opened] = [current, again];
      return opened;
    };
    try {
      return await use(opened, on);
    } finally {
      closeAll(opened);
    }
  }

  /** All images, or none: what was decoded is closed if one fails. */
  async #openAll(images: readonly TakenImage[], engine: Engine, options: OpenOptions): Promise<Opened[]> {
    const opening = images.map(async (image, i): Promise<Opened> => {
      try {
        const pixels = await openPixels(image, options);
        try {
          return { pixels, plan: this.#pipeline(engine).plan(pixels, this.#preprocess) };
        } catch (error) {
          pixels.close();
          throw error;
        }
      } catch (error) {
        throw images.length > 1 ? (await import('../image/rare-sources.ts')).numbered(error, i) : error;
      }
    });
    try {
      return await Promise.all(opening);
    } catch (error) {
      for (const image of opening) image.then((opened) => opened.pixels.close()).catch(() => undefined);
      throw error;
    }
  }

  #pipeline(engine: Engine): Pipeline {
    if (this.#disposed) throw new ResnetError('disposed', 'The model was disposed.', { hint: 'Load it again.' });
    let pipeline = this.#pipelines.get(engine);
    if (!pipeline) {
      checkChannels(this.#preprocess, this.#channels);
      pipeline = new ImagePipeline(engine.device, engine.pipelines);
      this.#pipelines.set(engine, pipeline);
    }
    return pipeline;
  }
}

interface Opened {
  pixels: Pixels;
  plan: ImagePlan;
}

function loadAll(pipeline: Pipeline, opened: readonly Opened[], preprocess: Preprocess): Promise<LoadedImage[]> {
  return Promise.all(opened.map(({ pixels, plan }) => pipeline.load(pixels, preprocess, plan)));
}

/** Nothing that a failed step may have left half made is used again. */
async function dropping<T>(pipeline: Pipeline, images: LoadedImage[], use: (images: LoadedImage[]) => Promise<T>): Promise<T> {
  try {
    return await use(images);
  } catch (error) {
    pipeline.drop(images);
    throw error;
  }
}

function closeAll(opened: readonly Opened[]): void {
  for (const { pixels } of opened) pixels.close();
}

/** Indices of the images of each tensor shape. */
function groupByShape(opened: readonly Opened[]): number[][] {
  const groups = new Map<string, number[]>();
  opened.forEach(({ plan }, i) => {
    const key = plan.shape.join('x');
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}
