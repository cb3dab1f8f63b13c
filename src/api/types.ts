/** Types of the public API. */

import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import type { CallOptions, ClassifyOptions, ImageSource, Prediction } from './image-types.ts';
import type { ImageRow, ManyImages, ManyOptions } from './many-types.ts';
import type { Tensor } from './tensor.ts';
import type { TuneOptions, Tuning, TuningReport } from './tuning-types.ts';
import type { Verified } from './verify-types.ts';

export type { CallOptions, ClassifyOptions, ImageSource, Prediction, RawImage } from './image-types.ts';
export type { Tensor } from './tensor.ts';

/**
 * A tensor in a buffer of the model's device: dense float32, row-major, NCHW.
 *
 * As input, the buffer needs usage COPY_SRC; as a place for outputs, COPY_DST.
 */
export interface GpuTensor {
  buffer: GPUBuffer;
  /** Bytes from the start of the buffer, a multiple of 4. */
  offset: number;
  shape: number[];
  layout: 'nchw';
}

/**
 * A checkpoint file in any format that `readCheckpoint` knows, what that gives, or tensors in memory. Several files (an array, or the
 * `files` of an input or a drop) make one: parts with or without their index, the folder of a converted model, or a repository's.
 */
export type WeightsSource =
  | string
  | URL
  | Blob
  | ArrayLike<Blob>
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array>
  | Checkpoint
  | Record<string, Tensor>
  | { random: number };

export type ModelSource =
  | string
  | URL
  | {
      arch?: string | BackboneConfig | ClassifierConfig | LibraryConfig;
      weights: WeightsSource;
      labels?: string[];
      /**
       * Laid over the architecture's own recipe, field by field. `'test'` is the recipe that its authors test with, where that is another one
       * (timm's test_input_size and test_crop_pct). Published accuracies are often for it.
       */
      preprocess?: Partial<Preprocess> | 'test';
      numClasses?: number;
      strict?: boolean;
      /**
       * The last resort where a checkpoint's names are not understood: new names for the keys of the file. A table of prefixes, of which the
       * longest that fits a key counts (`''` fits every key). Or a function that gives the new name, or undefined to leave the tensor out.
       */
      rename?: Record<string, string> | ((key: string) => string | undefined);
      /** `none` loads the backbone alone, whatever head stands in the checkpoint. */
      head?: 'none';
      /**
       * How logits become scores. By default softmax, or what the head's configuration says. One logit gets a sigmoid: the probability of the
       * class that was trained as 1. With two labels, `classify` names both, and `index` counts them.
       */
      scores?: 'softmax' | 'sigmoid' | 'none';
    };

export interface LoadOptions {
  /** A device of the caller's; never destroyed by the library. */
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  /** How weights and activations are stored. Arithmetic is float32; with `f16` it is partly f16 where that is faster (AMD). `auto` is `f32`. */
  precision?: 'auto' | 'f32' | 'f16';
  /** [height, width] to prepare for. Other sizes work, too, and are prepared on first use. */
  inputSize?: [number, number];
  /** Batch size to prepare for. */
  batch?: number;
  /**
   * Run in slices of a few milliseconds, so that a page that moves keeps its frame rate. It is slower by the pauses between them.
   * Normally a run is one submit. Default false; `run`, `classify` and `stream` can say otherwise.
   */
  background?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /**
   * Keep downloaded checkpoints in Cache Storage. By default a kept file is used if its server still has the same one (a HEAD
   * request; ETag or Last-Modified), or cannot be reached. With `true` it is used without asking, and loading ends only when the
   * file is kept. With `false` nothing is kept or taken.
   */
  cache?: boolean;
  /** In place of the global fetch. It sees every request of this load, resumed ones and those after a device loss included. */
  fetch?: typeof globalThis.fetch;
  /**
   * Sent with every request of this load, a token for instance. Servers of other origins must allow them (CORS). Files of another origin
   * that a manifest names are asked for without them. After a redirection to another origin browsers leave `Authorization` out
   * (Chrome since 119), and send the others along.
   */
  headers?: Record<string, string>;
  /** Base URL of the model hub that `hf:` stands for. Default https://huggingface.co */
  hub?: string;
  /**
   * What `tune` measured on this GPU. Shapes that the table lacks get what they would without it; shapes that the model lacks are ignored.
   * `auto`: measures by itself after the first result, less than a second on a GPU of 5 TFLOP/s, and keeps what it finds in IndexedDB. The next
   * load of a network with these shapes has the kernels that were fastest; this model stays as it is. `info.tuning` tells what came of it.
   */
  tuning?: Tuning | 'auto';
  /**
   * Bytes of GPU memory for weights and activations of one input size. Where a plan exceeds it, the model does without the second form of
   * weights that Winograd convolutions want. That is all that it can do without.
   */
  memoryBudget?: number;
  /**
   * Whether the kernels that the model uses are checked on this GPU: each runs a small case twice, against a plain JavaScript computation.
   * By default after the first result, once for each GPU and version of browser and library; what is wrong is replaced, and `info.verified` and
   * `info.warnings` say so. `true`: before loading ends. `false`: never.
   */
  verify?: boolean;
}

export interface Progress {
  phase: 'download' | 'read' | 'compile' | 'upload' | 'warm';
  /** Bytes for download and upload, else items. */
  loaded: number;
  total?: number;
}

/** From image to input tensor. Steps in order: resize, crop, normalise `(x - mean) / std`, pad. */
export interface Preprocess {
  resize?: {
    size: number | [number, number];
    /** `cover` and `contain` keep the shape: no edge below, no edge above `size` (timm's ResizeKeepRatio). */
    edge: 'short' | 'exact' | 'cover' | 'contain';
    /** The last four are Pillow's only. */
    filter: 'bilinear' | 'bicubic' | 'nearest' | 'box' | 'hamming' | 'lanczos';
    /** `torch`: PyTorch's resize of bytes with antialiasing, as torchvision does with tensors; at times one level off Pillow's. */
    kernel: 'pillow' | 'opencv' | 'torch';
  } | null;
  crop?: number | [number, number] | null;
  /** What is around an image that is smaller than the crop: a level of 0..255 for each channel, in the order of `order`. Default black. */
  cropFill?: number[];
  cropRounding?: 'torchvision' | 'openmmlab' | 'transformers';
  /** On the 0..255 scale, in the order that `order` names. */
  mean: number[];
  std: number[];
  order: 'rgb' | 'bgr';
  /** Right and bottom are padded to a multiple of this, after normalising. */
  padDivisor?: number;
  padValue?: number;
}

export interface Explanation {
  width: number;
  height: number;
  /** Class activation map, row-major, 0..1. */
  data: Float32Array;
  classIndex: number;
}

export interface ExplainOptions {
  /** Position of a class among the logits. By default the most probable. */
  classIndex?: number;
}

export interface RunOptions extends CallOptions {
  /** All of the network's out_indices, none, or the stages named. */
  features?: boolean | number[];
  logits?: boolean;
  /**
   * Layers whose outputs to give besides: names of `model.graph()` (`layer3.0.conv2`), a block's or a stage's (`layer3.0`), whose output is its last
   * layer's, or an end that only one layer has (`fc`). Where a layer's norm is folded into its weights, its own output is computed on the processor.
   */
  layers?: string[];
  output?: 'cpu';
}

/** For outputs that stay on the GPU. */
export interface GpuRunOptions extends Omit<RunOptions, 'output' | 'layers'> {
  /** `gpu` is understood where there is an encoder. */
  output?: 'gpu';
  /**
   * Records the run here, outside of any pass, and submits nothing. The input must be a GpuTensor, and the commands must be
   * submitted before the model's next call.
   */
  encoder?: GPUCommandEncoder;
  /** Where to copy outputs to, in place of the model's own buffers: of the outputs' shapes, `features` in ascending stage order. */
  into?: { features?: GpuTensor[]; logits?: GpuTensor };
}

export interface RunResult {
  /** In ascending stage order. */
  features: Tensor[];
  logits?: Tensor;
  /** By the names that were asked for; absent where none was. */
  layers?: Record<string, Tensor>;
}

/**
 * Tensors in buffers of the model's own (usage STORAGE | COPY_SRC, offsets multiples of 256), valid until its next call or its
 * disposal: commands that read them have to be submitted before. Those of `into` are the caller's.
 *
 * A value beyond the range of f16 is reported by the next call that reads the same outputs back.
 */
export interface GpuRunResult {
  features: GpuTensor[];
  logits?: GpuTensor;
}

/** Frames of a stream: a video, or a function that gives the newest frame, and undefined when there are no more. */
export type FrameSource = HTMLVideoElement | (() => ImageSource | undefined | Promise<ImageSource | undefined>);

export interface FrameInfo {
  /** Counts the frames that were classified, from 0. */
  frame: number;
  /** Frames of the video so far that were passed over, since two were under way. */
  dropped: number;
  /** From the moment the frame was taken to its result, in milliseconds. */
  latency: number;
}

export interface Profile {
  /** `nodes`: which layers of `graph()` are done when the dispatch is, those included that run as a part of it (norms, sums, activations). */
  layers: { name: string; kernel: string; variant: string; macs: number; us: number; gflops: number; nodes: string[] }[];
  totalUs: number;
  /** True where the device has no timestamps and wall time stands in. */
  estimated: boolean;
}

export interface SelfTestReport {
  pass: boolean;
  /** Relative L2 error of each layer against a plain JavaScript computation on the same inputs. */
  layers: { name: string; kernel: string; rel: number }[];
  firstBad?: string;
  /** Markdown to paste into an issue: adapter, limits, variants, errors. */
  report: string;
}

export interface ModelInfo {
  arch: string;
  parameters: number;
  macs: number;
  precision: 'f32' | 'f16';
  adapter: { vendor: string; architecture: string; description: string; software: boolean };
  /** Input tensor to logits (or to the last feature map). */
  dispatches: number;
  /** Besides these: passes that split sums and Winograd transforms add, as the kernels chosen for this GPU want them. */
  auxiliaryDispatches: number;
  pipelines: number;
  /** With `tuning: 'auto'`, from the first result on. */
  tuning?: TuningReport;
  /** Tensors of the checkpoint that the network has no use for. */
  ignoredKeys: string[];
  /** Of the classes, in the order of the logits. Absent where neither caller nor file names them. */
  labels?: string[];
  /** Length of the logits; absent for a bare backbone. */
  numClasses?: number;
  /** [height, width] that the model was prepared for. */
  inputSize: [number, number];
  /** What `classify` does to an image. */
  preprocess: Preprocess;
  /** Length of what `embed` gives. */
  embeddingLength: number;
  /** What the checkpoint could not tell, so that something was assumed. The most doubtful first. */
  assumed: Assumption[];
  /** What went otherwise than asked for, without harm to the numbers. Layers come first: kernels that this GPU refuses or computes wrongly. */
  warnings: string[];
  /** Which kernels were checked on this GPU, once they were (`LoadOptions.verify`). */
  verified?: Verified;
  /** How the checkpoint was read. */
  source: SourceInfo;
}

/** Something that leaves no trace in a checkpoint's names and shapes, or is not said there. */
export interface Assumption {
  /** 'style', 'dilation', 'stem', 'norm', 'eps', 'activation', 'shortcut', 'scores', 'preprocess' … */
  what: string;
  /** What was taken. */
  value: unknown;
  /** Why that, in a sentence. */
  why: string;
  /** What else it could be; `arch` loads it so. */
  alternatives: { value: unknown; arch?: BackboneConfig | ClassifierConfig | LibraryConfig }[];
}

/** Where in a checkpoint the network was found. */
export interface SourceInfo {
  /** What stands before the names of the network (`model.encoder_q.`), and the dicts around them. Empty where it stands at the top. */
  found: string;
  /** What else could have been taken; `rename` chooses it. */
  others: string[];
  /** Whether the caller's `rename`, or a reading of unusual names, gave tensors other names than the file's. */
  renamed: boolean;
  /** The head in words (`fc: Dropout, Linear 512 > 5`), 'none', or why it was left out. */
  head: string;
  /** Tensors left out, as `ignoredKeys`. */
  ignored: string[];
}

export interface Model {
  readonly info: ModelInfo;
  /** The GPU device in use, for GpuTensors; another one after a device of the library's own was lost. */
  readonly device: GPUDevice;
  /**
   * The network's layers, expanded for an input: names, operations, output shapes, multiply-adds.
   * @param inputShape [n, c, h, w]; by default the one that the model was loaded for
   */
  graph(inputShape?: readonly number[]): Graph;
  /**
   * Runs the network on [n, c, h, w] of any size. An array is taken as it is when this is called. It may be filled anew or
   * transferred before the promise resolves. A GpuTensor's buffer is read when the run is submitted, so leave it until then.
   * @throws ResnetError `shape`, `usage`, `device-limits`, `out-of-memory`, `f16-overflow`, `aborted`, `disposed`, `device-lost`
   */
  run(input: Tensor | GpuTensor, options?: RunOptions): Promise<RunResult>;
  /** Leaves the outputs on the GPU, and resolves when the commands are submitted, or recorded into `encoder`. */
  run(input: Tensor | GpuTensor, options: GpuRunOptions & ({ output: 'gpu' } | { encoder: GPUCommandEncoder })): Promise<GpuRunResult>;
  /**
   * What `classify` feeds the network: [1, c, h, w]. Like all methods that take images, it takes them as they are when it is called.
   * Canvases may be painted over, and bitmaps and frames closed, before the promise resolves.
   * @throws ResnetError `image`, `network`, `out-of-memory`, `disposed`, `device-lost`
   */
  preprocess(image: ImageSource): Promise<Tensor>;
  /** @throws ResnetError as `preprocess` and `run`; of several images, the message names the one that failed (`images[2]`) */
  classify(image: ImageSource, options?: ClassifyOptions): Promise<Prediction[]>;
  classify(images: ImageSource[], options?: ClassifyOptions): Promise<Prediction[][]>;
  /**
   * Also ten thousand images. With `onResult` or `errors`, and for a FileList or handles of files and folders, they are read one by one.
   * Of a folder, nested ones included, the files with names of images (`.jpg`, `.png` …) are taken.
   * @returns in the order of the images
   */
  classify(images: ManyImages, options: ManyOptions & { errors: 'rows' }): Promise<ImageRow[]>;
  classify(images: ManyImages, options?: ManyOptions): Promise<Prediction[][]>;
  /**
   * Classifies the newest frame again and again, at most two at a time. Frames that come meanwhile are dropped. A VideoFrame that
   * the function gives is closed when it has been read.
   * @param onResult gets the results in the order of the frames. Where it gives a promise, the next frame is taken when that has resolved
   * @returns when the signal fires, the video or the last track of its camera ends, or the function gives undefined. Rejects where a frame or `onResult` fails
   */
  stream(
    source: FrameSource,
    onResult: (predictions: Prediction[], info: FrameInfo) => void | Promise<void>,
    options?: ClassifyOptions,
  ): Promise<void>;
  /** What the last layer reads; of a backbone the mean of its last map. Several images run in batches. */
  embed(image: ImageSource, options?: CallOptions): Promise<Float32Array>;
  embed(images: ImageSource[], options?: CallOptions): Promise<Float32Array[]>;
  explain(image: ImageSource, options?: ExplainOptions): Promise<Explanation>;
  profile(input?: Tensor): Promise<Profile>;
  /**
   * Times every form that the convolutions can take on this GPU, for the input size that the model was loaded for, and gives
   * the fastest of each shape, to be passed to `loadModel` as `tuning`. Takes seconds; the model itself stays as it is. Let
   * nothing else use the GPU meanwhile.
   * @throws ResnetError `aborted`, `disposed`, `device-lost`, `out-of-memory`
   */
  tune(options?: TuneOptions): Promise<Tuning>;
  selfTest(): Promise<SelfTestReport>;
  memory(): { weights: number; activations: number; staging: number };
  dispose(): void;
}
