/** The public model: images and tensors in, predictions and features out. */
import type { ResolvedArch } from './arch/index.ts';
import type { GoldenRecord } from './checkpoint/manifest.ts';
import { predict } from './classify/predict.ts';
import { ResnetError } from './errors.ts';
import type { Engine } from './gpu/device.ts';
import type { FillInput } from './gpu/executable.ts';
import type { ImagePipeline, LoadedImage } from './image/pipeline.ts';
import type { Session } from './session.ts';
import type {
  Explanation,
  ImageSource,
  Model,
  ModelInfo,
  Prediction,
  Preprocess,
  Profile,
  RunOptions,
  RunResult,
  SelfTestReport,
  Tensor,
} from './types.ts';

export interface ModelParts {
  session: Session;
  arch: ResolvedArch;
  preprocess: Preprocess;
  labels: string[] | undefined;
  ignoredKeys: string[];
  /** Of a converted model. */
  golden?: GoldenRecord;
}

export class ResnetModel implements Model {
  readonly #session: Session;
  readonly #arch: ResolvedArch;
  readonly #preprocess: Preprocess;
  readonly #labels: string[] | undefined;
  readonly #ignoredKeys: string[];
  readonly #golden: GoldenRecord | undefined;
  /** One a device, since a lost device is replaced. */
  readonly #pipelines = new WeakMap<Engine, ImagePipeline>();

  constructor({ session, arch, preprocess, labels, ignoredKeys, golden }: ModelParts) {
    this.#session = session;
    this.#arch = arch;
    this.#preprocess = preprocess;
    this.#labels = labels;
    this.#ignoredKeys = ignoredKeys;
    this.#golden = golden;
    // `using model = …` where the engine has it; not a class member, since older engines lack the symbol.
    if (typeof Symbol.dispose === 'symbol') Object.defineProperty(this, Symbol.dispose, { value: () => this.dispose() });
  }

  get info(): ModelInfo {
    const { engine, precision, shape } = this.#session;
    const graph = this.#session.graph(shape);
    const features = graph.outputs.filter(({ kind }) => kind === 'feature');
    const end = graph.outputs.find(({ kind }) => kind === 'logits') ?? features.at(-1);
    return {
      arch: this.#arch.name,
      parameters: graph.parameters,
      macs: graph.macs,
      precision,
      adapter: { ...engine.adapter },
      dispatches: end ? this.#session.countDispatches(shape, [end.node]) : 0,
      pipelines: engine.pipelines.size,
      ignoredKeys: [...this.#ignoredKeys],
    };
  }

  async run(input: Tensor, { features, logits, signal }: RunOptions = {}): Promise<RunResult> {
    this.#checkInput(input);
    const graph = this.#session.graph(input.shape);
    const wanted = this.#arch.defaultRun;
    const every = () => graph.outputs.flatMap(({ kind, stage }) => (kind === 'feature' && stage !== undefined ? [stage] : []));
    const all = () => (wanted.features.length > 0 ? wanted.features : every());
    if (typeof features === 'number') {
      throw new ResnetError('usage', `features is ${features}.`, { layer: 'features', hint: 'Pass true, false or a list of stages.' });
    }
    const stages = features === undefined ? wanted.features : features === true ? all() : features || [];
    const outputs = [...stages].sort(byStage).map((stage) => {
      const output = graph.outputs.find((o) => o.kind === 'feature' && o.stage === stage);
      if (output) return output.node;
      const known = graph.outputs.filter(({ kind }) => kind === 'feature').map((o) => o.stage);
      throw new ResnetError('usage', `has no stage ${stage}; it has ${known.join(', ')}.`, {
        layer: 'features',
        hint: 'Ask for one of these.',
      });
    });
    const head = graph.outputs.find(({ kind }) => kind === 'logits');
    if (logits === true && !head) {
      throw new ResnetError('usage', `${this.#arch.name} is a bare backbone and has no logits.`, {
        hint: 'Ask for features, or load it as an ImageClassifier with a head.',
      });
    }
    const withLogits = head !== undefined && (logits ?? wanted.logits);
    if (withLogits) outputs.push(head.node);
    if (outputs.length === 0) {
      throw new ResnetError('usage', 'neither features nor logits were asked for.', { layer: 'run', hint: 'Pass features or logits.' });
    }
    const tensors = await this.#runBatches(input, outputs, signal);
    return withLogits ? { logits: tensors.pop(), features: tensors } : { features: tensors };
  }

  /** Splits a batch that is too large for the device, and joins the outputs again. */
  async #runBatches(input: Tensor, outputs: readonly string[], signal?: AbortSignal): Promise<Tensor[]> {
    const [n = 1, ...rest] = input.shape;
    const size = input.data.length / n;
    const limit = this.#session.batchLimit(input.shape, outputs);
    const parts: Tensor[][] = [];
    for (let from = 0; from < n; from += limit) {
      const count = Math.min(limit, n - from);
      const shape = [count, ...rest];
      const data = input.data.subarray(from * size, (from + count) * size);
      const arrays = await this.#session.run(
        shape,
        outputs,
        ({ device }) =>
          ({ buffer, byteOffset }) =>
            device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>),
        signal,
      );
      parts.push(this.#tensors(shape, outputs, arrays));
    }
    return outputs.map((_, i) =>
      joinBatches(
        parts.map((part) => part[i] ?? { data: new Float32Array(), shape: [] }),
        limit,
      ),
    );
  }

  #tensors(shape: readonly number[], outputs: readonly string[], arrays: readonly Float32Array[]): Tensor[] {
    const graph = this.#session.graph(shape);
    return outputs.map((name, i) => ({
      data: arrays[i] ?? new Float32Array(),
      shape: [...(graph.nodes.find((node) => node.name === name)?.shape ?? [])],
    }));
  }

  async preprocess(image: ImageSource): Promise<Tensor> {
    const engine = await this.#session.ready();
    const [pipeline, { imageToTensor }] = await Promise.all([this.#pipeline(engine), import('./image/index.ts')]);
    const loaded = await pipeline.load(image, this.#preprocess);
    try {
      return await imageToTensor(engine, pipeline, loaded);
    } finally {
      loaded.close();
    }
  }

  classify(image: ImageSource, options?: { topK?: number; signal?: AbortSignal }): Promise<Prediction[]>;
  classify(images: ImageSource[], options?: { topK?: number; signal?: AbortSignal }): Promise<Prediction[][]>;
  async classify(
    input: ImageSource | ImageSource[],
    { topK = 5, signal }: { topK?: number; signal?: AbortSignal } = {},
  ): Promise<Prediction[] | Prediction[][]> {
    const images = Array.isArray(input) ? input : [input];
    const rows = await this.#runImages(images, this.#output('logits'), signal);
    const predictions = rows.map((logits) => predict(logits, { topK, labels: this.#labels, scores: this.#arch.scores }));
    return Array.isArray(input) ? predictions : (predictions[0] ?? []);
  }

  async embed(image: ImageSource): Promise<Float32Array> {
    const graph = this.#session.graph(this.#session.shape);
    const pooled = graph.outputs.find(({ kind }) => kind === 'pooled');
    if (pooled) return (await this.#runImages([image], pooled.node))[0] ?? new Float32Array();
    const { features } = await this.run(await this.preprocess(image));
    const { averagePool } = await import('./classify/cam.ts');
    return averagePool(features.at(-1) ?? { data: new Float32Array(), shape: [1, 0, 0, 0] });
  }

  async explain(image: ImageSource, options: { classIndex?: number } = {}): Promise<Explanation> {
    const { explain } = await import('./inspect/explain.ts');
    return explain(this.#session, await this.preprocess(image), options.classIndex);
  }

  async profile(input?: Tensor): Promise<Profile> {
    if (input) this.#checkInput(input);
    const { profile } = await import('./inspect/profile.ts');
    return profile(this.#session, this.#session.outputs, input);
  }

  async selfTest(): Promise<SelfTestReport> {
    const { selfTest } = await import('./inspect/selftest.ts');
    return selfTest(this.#session, this.info, this.#golden);
  }

  memory(): { weights: number; activations: number; staging: number } {
    const { memory } = this.#session.engine;
    const bytes = { weights: memory.bytes('weights'), activations: memory.bytes('activations'), staging: memory.bytes('staging') };
    const images = this.#pipelines.get(this.#session.engine);
    if (images) bytes.staging += images.bytes;
    return bytes;
  }

  dispose(): void {
    this.#pipelines.get(this.#session.engine)?.dispose();
    this.#session.dispose();
  }

  #output(kind: 'logits'): string {
    const graph = this.#session.graph(this.#session.shape);
    const output = graph.outputs.find((o) => o.kind === kind);
    if (output) return output.node;
    throw new ResnetError('usage', `${this.#arch.name} is a bare backbone and cannot classify.`, {
      hint: 'Use run() for feature maps or embed(), or load it as an ImageClassifier with a head.',
    });
  }

  async #pipeline(engine: Engine): Promise<ImagePipeline> {
    const { checkChannels, ImagePipeline } = await import('./image/index.ts');
    let pipeline = this.#pipelines.get(engine);
    if (!pipeline) {
      checkChannels(this.#preprocess, this.#arch.inputChannels);
      pipeline = new ImagePipeline(engine.device, engine.pipelines);
      this.#pipelines.set(engine, pipeline);
    }
    return pipeline;
  }

  /** Loads and compiles what images need, so that the first `classify` does not wait for it. */
  async prepareImages(): Promise<void> {
    await (await this.#pipeline(await this.#session.ready())).compile(this.#preprocess);
  }

  /** Rows of one output for each image; images that come out at the same size run as one batch. */
  async #runImages(images: readonly ImageSource[], output: string, signal?: AbortSignal): Promise<Float32Array[]> {
    const engine = await this.#session.ready();
    const load = async (image: ImageSource, on: Engine) => (await this.#pipeline(on)).load(image, this.#preprocess, signal);
    const loaded = await allOrNone(images.map((image) => load(image, engine)));
    try {
      const rows: Float32Array[] = [];
      for (const members of groupByShape(loaded)) {
        const size = loaded[members[0] ?? 0]?.shape.slice(1) ?? [];
        const limit = this.#session.batchLimit([members.length, ...size], [output]);
        for (let from = 0; from < members.length; from += limit) {
          const slice = members.slice(from, from + limit);
          const prepare = async (on: Engine): Promise<FillInput> => {
            // On the replacement of a lost device the images are decoded anew.
            const ready =
              on === engine ? slice.flatMap((i) => loaded[i] ?? []) : await allOrNone(slice.map((i) => load(images[i] ?? '', on)));
            const pipeline = await this.#pipeline(on);
            return ({ encoder, buffer, byteOffset }) => pipeline.encodeBatch(encoder, ready, { buffer, byteOffset });
          };
          const [all = new Float32Array()] = await this.#session.run([slice.length, ...size], [output], prepare, signal);
          const length = all.length / slice.length;
          slice.forEach((i, row) => {
            rows[i] = all.subarray(row * length, (row + 1) * length);
          });
        }
      }
      return rows;
    } finally {
      for (const image of loaded) image.close();
    }
  }

  #checkInput({ data, shape }: Tensor): void {
    const [n, c, h, w] = shape;
    const { inputChannels } = this.#arch;
    const where = { layer: 'input' };
    if (shape.length !== 4 || !shape.every((size) => Number.isInteger(size) && size > 0)) {
      throw new ResnetError('shape', `shape is [${shape.join(', ')}], the network needs [n, ${inputChannels}, height, width].`, {
        ...where,
        hint: 'Pass an NCHW tensor with sizes above 0.',
      });
    }
    if (c !== inputChannels) {
      throw new ResnetError('shape', `has ${c} channels, the network needs ${inputChannels}.`, {
        ...where,
        hint: 'Check that the tensor is NCHW, not NHWC.',
      });
    }
    const size = (n ?? 0) * (c ?? 0) * (h ?? 0) * (w ?? 0);
    if (!(data instanceof Float32Array) || data.length !== size) {
      throw new ResnetError('shape', `has ${data.length} values, [${shape.join(', ')}] takes ${size} in a Float32Array.`, {
        ...where,
        hint: 'Make data and shape agree.',
      });
    }
  }
}

/** Ascending stages; the input handed through comes first. */
function byStage(a: number | 'img', b: number | 'img'): number {
  return (a === 'img' ? -1 : a) - (b === 'img' ? -1 : b);
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

/**
 * Puts the outputs of a batch that ran in slices of `limit` images together. An output may hold several images for each
 * of the input's (TridentNet's branches), branch-major, and must come out so for the whole batch.
 */
function joinBatches(parts: readonly Tensor[], limit: number): Tensor {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  const branches = (first?.shape[0] ?? 1) / limit;
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (let branch = 0; branch < branches; branch++) {
    for (const part of parts) {
      const size = part.data.length / branches;
      data.set(part.data.subarray(branch * size, (branch + 1) * size), at);
      at += size;
    }
  }
  return { data, shape: [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...(first?.shape.slice(1) ?? [])] };
}
