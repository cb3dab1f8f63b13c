/** Types of the public API: the model. Other types are in files by topic. */

import type { Graph } from '../graph/types.ts';
import type { CallOptions, ClassifyOptions, ImageSource, Prediction } from './image-types.ts';
import type { ModelInfo } from './info-types.ts';
import type { ImageRow, ManyImages, ManyOptions } from './many-types.ts';
import type { ExplainOptions, Explanation, FrameInfo, FrameSource, Profile, SelfTestReport } from './report-types.ts';
import type { GpuRunOptions, GpuRunResult, GpuTensor, RunOptions, RunResult } from './run-types.ts';
import type { Tensor } from './tensor.ts';
import type { TuneOptions, Tuning } from './tuning-types.ts';

export type { CallOptions, ClassifyOptions, ImageSource, Prediction, RawImage } from './image-types.ts';
export type { Assumption, ModelInfo, SourceInfo } from './info-types.ts';
export type { LoadOptions, Progress } from './load-types.ts';
export type { Preprocess } from './preprocess-types.ts';
export type { ExplainOptions, Explanation, FrameInfo, FrameSource, Profile, SelfTestReport } from './report-types.ts';
export type { GpuRunOptions, GpuRunResult, GpuTensor, RunOptions, RunResult } from './run-types.ts';
export type { ModelSource, WeightsSource } from './source-types.ts';
export type { Tensor } from './tensor.ts';

/**
 * A network on a GPU, ready to run. Calls may overlap; they are processed in order. All but `graph`, `memory` and `dispose` are asynchronous,
 * and reject with a ResnetError.
 *
 * If the engine has `Symbol.dispose`, `using model = await loadModel(…)` disposes it at the end of its block.
 */
export interface Model {
  /** What the model is, how the checkpoint was read, and what it runs on. */
  readonly info: ModelInfo;

  /** The GPU device in use, for GpuTensors. It changes if the library's own device is lost and replaced. */
  readonly device: GPUDevice;

  /**
   * The network's layers, expanded for an input: names, operations, output shapes, multiply-adds.
   * @param inputShape [n, c, h, w]; default: the one that the model was loaded for
   * @throws {ResnetError} `shape` for an input that a layer cannot take
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * console.log(model.graph().toString());
   * console.log(model.graph([1, 3, 512, 512]).macs);
   * ```
   */
  graph(inputShape?: readonly number[]): Graph;

  /**
   * Runs the network on [n, c, h, w] of any size and any batch, and reads the outputs back. An array is copied when this is called, so it may be
   * changed or transferred before the promise resolves. A GpuTensor's buffer is read when the run is submitted, so do not change it until then.
   * @param input normalised values, as `preprocess` makes them
   * @param options which outputs to return, and a signal to stop by
   * @throws {ResnetError} `shape`, `usage`, `device-limits`, `out-of-memory`, `f16-overflow`, `shader`, `network`, `aborted`, `disposed`, `device-lost`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const input = { data: new Float32Array(2 * 3 * 224 * 224), shape: [2, 3, 224, 224] };
   * const { logits } = await model.run(input);                                // [2, 1000]
   * const { features } = await model.run(input, { features: [1, 3], logits: false });
   * const { layers } = await model.run(input, { layers: ['layer3.0'] });      // layers['layer3.0'] is [2, 256, 14, 14]
   * ```
   */
  run(input: Tensor | GpuTensor, options?: RunOptions): Promise<RunResult>;
  /**
   * Runs the network and leaves the outputs on the GPU. Resolves when the commands are submitted, or recorded into `encoder`.
   * @throws {ResnetError} as the other form; `device-limits` also for a batch that takes several submits
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const { device } = model;
   * const buffer = device.createBuffer({ size: 4 * 3 * 224 * 224, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.STORAGE });
   * const { logits } = await model.run({ buffer, offset: 0, shape: [1, 3, 224, 224], layout: 'nchw' }, { output: 'gpu' });
   * console.log(logits?.buffer, logits?.offset); // holds until the model's next call
   * ```
   */
  run(input: Tensor | GpuTensor, options: GpuRunOptions & GpuPlace): Promise<GpuRunResult>;

  /**
   * The tensor that `classify` gives to the network: [1, c, h, w]. Like all methods that take images, it reads them when it is called. Canvases
   * may be changed, and bitmaps and frames closed, before the promise resolves.
   * @throws {ResnetError} `image`, `config`, `network`, `out-of-memory`, `disposed`, `device-lost`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const tensor = await model.preprocess('photo.jpg');
   * const { logits } = await model.run(tensor);
   * ```
   */
  preprocess(image: ImageSource): Promise<Tensor>;

  /**
   * The most probable classes of an image, the most probable first.
   * @throws {ResnetError} `usage` for a bare backbone, `not-finite`; `image`, `network` and `config` as `preprocess`; and as `run`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * for (const { label, probability } of await model.classify('photo.jpg', { topK: 3 })) console.log(label, probability);
   * ```
   */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  /**
   * The most probable classes of each of several images, which run as one batch.
   * @throws {ResnetError} as for one image; the message names the image that failed (`images[2]`)
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const [cat, dog] = await model.classify(['cat.jpg', 'dog.jpg']);
   * console.log(cat?.[0]?.label, dog?.[0]?.label);
   * ```
   */
  classify(images: ImageSource[], options?: ClassifyOptions): Promise<Prediction[][]>;
  /**
   * The same for ten thousand images. With `onResult` or `errors`, and for a FileList or handles of files and folders, images are read one by
   * one. In a folder and its subfolders, files with names of images (`.jpg`, `.png` …) are used. An image that cannot be read is a row.
   * @returns in the order of the images
   * @throws {ResnetError} `usage`, `aborted`, `disposed`, `device-lost`; what is wrong with an image stands in its row
   * @example
   * ```ts
   * import { loadModel, ResnetError } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const rows = await model.classify(['cat.jpg', 'no-image.txt'], { errors: 'rows' });
   * for (const row of rows) console.log(row instanceof ResnetError ? row.message : row[0]?.label);
   * ```
   */
  classify(images: ManyImages, options: ManyOptions & RowsForErrors): Promise<ImageRow[]>;
  /**
   * Many images, read one by one; the first that cannot be read ends the call.
   * @returns in the order of the images
   * @throws {ResnetError} as for one image; the message names the image that failed
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * document.querySelector<HTMLInputElement>('input[type=file]')?.addEventListener('change', async ({ currentTarget }) => {
   *   const { files } = currentTarget as HTMLInputElement;
   *   if (files) await model.classify(files, { onResult: (row, { name }) => console.log(name, row) });
   * });
   * ```
   */
  classify(images: ManyImages, options?: ManyOptions): Promise<Prediction[][]>;

  /**
   * Classifies the newest frame again and again, at most two at a time. Frames that come meanwhile are dropped. A VideoFrame from the
   * function is closed when it has been read.
   * @param source a video element, or a function that returns the newest frame, and undefined when there are no more
   * @param onResult called with the results in the order of the frames. If it returns a promise, the next frame is read when that has resolved
   * @param options as for `classify`; the signal ends the stream
   * @returns when the signal fires, the video or the last track of its camera ends, or the function returns undefined
   * @throws {ResnetError} as `classify`, where a frame fails; and whatever `onResult` throws
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const video = document.createElement('video');
   * video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
   * await video.play();
   * await model.stream(video, ([best], { latency }) => console.log(best?.label, latency));
   * ```
   */
  stream(
    source: FrameSource,
    onResult: (predictions: Prediction[], info: FrameInfo) => void | Promise<void>,
    options?: ClassifyOptions,
  ): Promise<void>;

  /**
   * The embedding of an image: the input of the last layer, or for a backbone the mean of its last map. `info.embeddingLength` numbers.
   * @throws {ResnetError} `image`, `network` and `config` as `preprocess`; and as `run`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const vector = await model.embed('photo.jpg'); // Float32Array of 512
   * ```
   */
  embed(image: ImageSource, options?: CallOptions): Promise<Float32Array>;
  /**
   * The embedding of each of several images, which run in batches.
   * @throws {ResnetError} as for one image; the message names the image that failed (`images[2]`)
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const [a, b] = await model.embed(['cat.jpg', 'dog.jpg']);
   * console.log(a?.length, b?.length);
   * ```
   */
  embed(images: ImageSource[], options?: CallOptions): Promise<Float32Array[]>;

  /**
   * Where in the image the evidence for a class is: a class activation map.
   * @throws {ResnetError} `usage` for a network that does not end in average pooling and linear layers, or a class that is not there; `image`,
   * `network` and `config` as `preprocess`; and as `run`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const { width, height, data, classIndex } = await model.explain('photo.jpg'); // 7 x 7 numbers of 0..1
   * ```
   */
  explain(image: ImageSource, options?: ExplainOptions): Promise<Explanation>;

  /**
   * The time of each layer on this GPU. Takes seconds, because clocks are coarse and each layer is repeated.
   * @param input [n, c, h, w]; default: noise with the shape that the model was loaded for
   * @throws {ResnetError} `shape`, `out-of-memory`, `disposed`, `device-lost`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const { layers } = await model.profile();
   * console.table(layers.sort((a, b) => b.us - a.us).slice(0, 10));
   * ```
   */
  profile(input?: Tensor): Promise<Profile>;

  /**
   * Times every form that the convolutions can use on this GPU, for the input size that the model was loaded for. Returns the fastest form of
   * each shape, to be passed to `loadModel` as `tuning`. Takes seconds, and does not change the model itself. Nothing else should use the GPU
   * meanwhile.
   * @throws {ResnetError} `aborted`, `disposed`, `device-lost`, `out-of-memory`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const tuning = await model.tune(); // plain JSON: keep it
   * model.dispose();
   * const faster = await loadModel('hf:timm/resnet18.a1_in1k', { tuning });
   * ```
   */
  tune(options?: TuneOptions): Promise<Tuning>;

  /**
   * Compares every layer on this GPU with a plain JavaScript computation, and a converted model with the record of its conversion.
   * @throws {ResnetError} `out-of-memory`, `disposed`, `device-lost`. A layer that is wrong is not an error but `pass: false`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k', { inputSize: [64, 64] }); // smaller is quicker
   * const { pass, firstBad, report } = await model.selfTest();
   * if (!pass) console.warn(firstBad, report);
   * ```
   */
  selfTest(): Promise<SelfTestReport>;

  /**
   * GPU memory of this model in bytes, even if several models share a device. Does not throw.
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * const { weights, activations, staging } = model.memory();
   * console.log(`${((weights + activations + staging) / 2 ** 20).toFixed(1)} MiB`);
   * ```
   */
  memory(): {
    /** Weights, and what Winograd convolutions derive from them. */
    weights: number;
    /** Inputs, outputs and intermediate values, for the shapes that are kept. */
    activations: number;
    /** Buffers that images and results pass through. */
    staging: number;
  };

  /**
   * Frees everything on the GPU, including a device that the library opened. Running calls reject with `disposed`, and so do later ones.
   * Does not throw, and may be called again.
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   *
   * const model = await loadModel('hf:timm/resnet18.a1_in1k');
   * model.dispose();
   * ```
   */
  dispose(): void;
}

/** Outputs stay on the GPU, because of `output` or of an encoder to record into. */
export type GpuPlace =
  | {
      /** Outputs stay on the GPU. */
      output: 'gpu';
    }
  | {
      /** Records the run into this encoder. */
      encoder: GPUCommandEncoder;
    };

/** An image that cannot be read is a row among the others. */
export interface RowsForErrors {
  /** See `ManyOptions.errors`. */
  errors: 'rows';
}
