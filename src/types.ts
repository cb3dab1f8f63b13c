/** Types of the public API. */
import type { BackboneConfig, ClassifierConfig, LibraryConfig } from './arch/config.ts';
import type { Checkpoint } from './checkpoint/types.ts';

/** Dense, row-major; images are NCHW. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

/** A checkpoint file in any format that `readCheckpoint` knows, what it gives, or tensors in memory. */
export type WeightsSource =
  | string
  | URL
  | Blob
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
      preprocess?: Partial<Preprocess>;
      numClasses?: number;
      strict?: boolean;
    };

export interface LoadOptions {
  /** A device of the caller's; never destroyed by the library. */
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  /** Storage of weights and activations; arithmetic is always float32. `auto` is `f32`. */
  precision?: 'auto' | 'f32' | 'f16';
  /** [height, width] to prepare for; other sizes work, too, and prepare on first use. */
  inputSize?: [number, number];
  /** Batch size to prepare for. */
  batch?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Keep downloaded checkpoints in Cache Storage. Default false. */
  cache?: boolean;
  /** Base URL of the model hub behind `hf:`. Default https://huggingface.co */
  hub?: string;
  /** Bytes of GPU memory above which derived weights are dropped. No kernel derives any yet: accepted, without effect. */
  memoryBudget?: number;
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
    edge: 'short' | 'exact';
    filter: 'bilinear' | 'bicubic';
    kernel: 'pillow' | 'opencv';
  } | null;
  crop?: number | [number, number] | null;
  cropRounding?: 'torchvision' | 'openmmlab' | 'transformers';
  /** On the 0..255 scale, in the order that `order` names. */
  mean: number[];
  std: number[];
  order: 'rgb' | 'bgr';
  /** Right and bottom are padded to a multiple of this, after normalising. */
  padDivisor?: number;
  padValue?: number;
}

/** Raw pixels, for places without a DOM: row-major RGB or RGBA bytes. */
export interface RawImage {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

export type ImageSource =
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | ImageBitmap
  | ImageData
  | Blob
  | URL
  | string
  | RawImage;

export interface Prediction {
  label: string;
  index: number;
  probability: number;
}

export interface Explanation {
  width: number;
  height: number;
  /** Class activation map, row-major, 0..1. */
  data: Float32Array;
  classIndex: number;
}

export interface RunOptions {
  /** All of the network's out_indices, none, or the stages named. */
  features?: boolean | number[];
  logits?: boolean;
  signal?: AbortSignal;
}

export interface RunResult {
  /** In ascending stage order. */
  features: Tensor[];
  logits?: Tensor;
}

export interface Profile {
  layers: { name: string; kernel: string; variant: string; macs: number; us: number; gflops: number }[];
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
  pipelines: number;
  /** Tensors of the checkpoint that the network has no use for. */
  ignoredKeys: string[];
}

export interface Model {
  readonly info: ModelInfo;
  run(input: Tensor, options?: RunOptions): Promise<RunResult>;
  preprocess(image: ImageSource): Promise<Tensor>;
  classify(image: ImageSource, options?: { topK?: number; signal?: AbortSignal }): Promise<Prediction[]>;
  classify(images: ImageSource[], options?: { topK?: number; signal?: AbortSignal }): Promise<Prediction[][]>;
  embed(image: ImageSource): Promise<Float32Array>;
  explain(image: ImageSource, options?: { classIndex?: number }): Promise<Explanation>;
  profile(input?: Tensor): Promise<Profile>;
  selfTest(): Promise<SelfTestReport>;
  memory(): { weights: number; activations: number; staging: number };
  dispose(): void;
}
