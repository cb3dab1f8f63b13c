/** What a model does with images. Fetched while the checkpoint downloads, and not at all for a network without a head. */

import type { CallOptions, Prediction, Preprocess, Tensor } from '../api/types.ts';
import type { ResolvedArch } from '../arch/index.ts';
import { checkTopK, type PredictOptions, predict, predictions } from '../classify/predict.ts';
import { compileTopK, rankingTail, ranksOnGpu } from '../classify/top-k.ts';
import type { Engine } from '../gpu/device.ts';
import type { Executable, Tail } from '../gpu/executable.ts';
import { checkChannels, ImageInput, ImagePipeline, imageToTensor } from '../image/index.ts';
import type { TakenImage } from '../image/take.ts';
import { disposed } from '../util/errors.ts';
import type { LocatedSource } from './locate.ts';
import { OpenImages } from './open-images.ts';
import { preprocessOf } from './preprocess.ts';
import type { Session } from './session.ts';

/** Compiles what images need while the checkpoint downloads. The first call that needs it reports errors. @throws ResnetError `config` */
export async function precompileImages(engine: Engine, arch: ResolvedArch, located: LocatedSource): Promise<void> {
  compileTopK(engine).catch(() => undefined);
  const preprocess = await preprocessOf(arch, located);
  await new ImagePipeline(engine.device, engine.pipelines).compile(preprocess);
}

/** What follows a run over several images, to get one result for each of them: a ranking on the GPU, or reading the rows back. */
export type Question<T> = (executable: Executable, engine: Engine) => Promise<Tail<T[]>>;

/** The most probable classes. @param classes length of the logits @throws ResnetError `usage` for a topK that is not a number of classes */
export function classesOf({ classes, ...options }: PredictOptions & { classes: number }): Question<Prediction[]> {
  const topK = checkTopK(options.topK);
  if (ranksOnGpu(classes, topK)) {
    return async (executable, engine) => {
      const { inPass, reading } = await rankingTail(executable, engine, topK);
      return { inPass, reading: { ...reading, decode: (bytes) => reading.decode(bytes).map((ranking) => predictions(ranking, options)) } };
    };
  }
  return rowsOf((row) => predict(row, { ...options, topK }));
}

/** The values of the output, one row for each image. */
export function rowsOf<T>(use: (row: Float32Array) => T): Question<T> {
  return async (executable) => {
    const { reading } = executable.allOutputs;
    const decode = (bytes: ArrayBuffer) => {
      const [all = new Float32Array()] = reading.decode(bytes);
      const rows = executable.outputs[0]?.shape[0] ?? 1;
      const length = all.length / rows;
      return Array.from({ length: rows }, (_, row) => use(all.subarray(row * length, (row + 1) * length)));
    };
    return { reading: { ...reading, decode } };
  };
}

export class Images {
  readonly #session: Session;
  readonly #preprocess: Preprocess;
  readonly #channels: number;
  /** One for each device, because a lost device is replaced. */
  readonly #pipelines = new WeakMap<Engine, ImagePipeline>();
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
    await Promise.all([this.#pipelineOf(engine).compile(this.#preprocess), compileTopK(engine)]);
  }

  /** @throws ResnetError `image`, `network`, `out-of-memory`, `device-lost`, `disposed` */
  async toTensor(image: TakenImage): Promise<Tensor> {
    const opened = await this.#open([image]);
    try {
      return await this.#session.attempt(async ({ engine }) => {
        const input = await ImageInput.load(this.#pipelineOf(engine), await opened.on(engine), this.#preprocess);
        try {
          return await imageToTensor(engine, input);
        } catch (error) {
          input.drop();
          throw error;
        }
      });
    } finally {
      opened.close();
    }
  }

  /**
   * Runs the network on images; those that come out at the same size run as one batch.
   * @param node the output
   * @returns one result for each image
   */
  async run<T>(images: readonly TakenImage[], node: string, question: Question<T>, options: CallOptions = {}): Promise<T[]> {
    const opened = await this.#open(images, options.signal);
    const results: T[] = [];
    try {
      for (const { shape, members } of this.#batches(opened, node)) {
        const answers = await this.#session.use(
          shape,
          [node],
          async (executable, engine, schedule) => {
            const current = await opened.on(engine);
            const mine = members.flatMap((i) => current[i] ?? []);
            const input = await ImageInput.load(this.#pipelineOf(engine), mine, this.#preprocess);
            try {
              return await executable.run(input, await question(executable, engine), schedule);
            } catch (error) {
              input.drop();
              throw error;
            }
          },
          options,
        );
        for (const [row, i] of members.entries()) if (row in answers) results[i] = answers[row] as T;
      }
      return results;
    } finally {
      opened.close();
    }
  }

  async #open(images: readonly TakenImage[], signal?: AbortSignal): Promise<OpenImages> {
    const preparing = { preprocess: this.#preprocess, pipelineOf: (engine: Engine) => this.#pipelineOf(engine) };
    return OpenImages.open(images, await this.#session.ready(), preparing, signal);
  }

  /** Indices of the images that run at once, with the shape of their input. */
  #batches(opened: OpenImages, node: string): { shape: number[]; members: number[] }[] {
    return opened.groups.flatMap(({ shape: [, ...size], members }) => {
      const limit = this.#session.batchLimit([members.length, ...size], [node]);
      return Array.from({ length: Math.ceil(members.length / limit) }, (_, i) => {
        const slice = members.slice(i * limit, (i + 1) * limit);
        return { shape: [slice.length, ...size], members: slice };
      });
    });
  }

  #pipelineOf(engine: Engine): ImagePipeline {
    if (this.#disposed) throw disposed();
    let pipeline = this.#pipelines.get(engine);
    if (!pipeline) {
      checkChannels(this.#preprocess, this.#channels);
      pipeline = new ImagePipeline(engine.device, engine.pipelines);
      this.#pipelines.set(engine, pipeline);
    }
    return pipeline;
  }
}
