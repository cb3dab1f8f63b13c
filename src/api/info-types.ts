/** Types of the public API: facts about a loaded model. */

import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import type { Preprocess } from './preprocess-types.ts';
import type { TuningReport } from './tuning-types.ts';
import type { Verified } from './verify-types.ts';

/** What a model is, how it was read, and what it runs on. `Model.info` returns a new copy each time. */
export interface ModelInfo {
  /** Name of the architecture, or the class of the configuration. */
  arch: string;
  /** Learned parameters of the network. Running means and variances of norms do not count. */
  parameters: number;
  /** Multiply-adds of one run at the prepared input size and batch. Convolutions and linear layers count, as in papers. */
  macs: number;
  /** How weights and activations are stored. */
  precision: 'f32' | 'f16';
  /** The GPU, as far as the browser tells. Each text may be empty. */
  adapter: {
    /** `amd`, `apple`, `intel`, `nvidia` … */
    vendor: string;
    /** Family of GPUs, such as `rdna-3`. */
    architecture: string;
    /** The GPU's own name. Most browsers hide it. */
    description: string;
    /** Whether a CPU emulates a GPU (SwiftShader, llvmpipe, WARP). */
    software: boolean;
  };
  /** Dispatches from input tensor to logits (or to the last feature map). */
  dispatches: number;
  /** Additional passes for split sums and Winograd transforms. They depend on the kernels that were chosen for this GPU. */
  auxiliaryDispatches: number;
  /** Compute pipelines of the device so far. Models on the same device share them. */
  pipelines: number;
  /** With `tuning: 'auto'`, from the first result on. */
  tuning?: TuningReport;
  /** Names in the file of tensors that the network does not use. */
  ignoredKeys: string[];
  /** Names of the classes, in the order of the logits. Absent if neither caller nor file names them. */
  labels?: string[];
  /** Number of logits. Absent for a bare backbone. */
  numClasses?: number;
  /** [height, width] in pixels that the model was prepared for. */
  inputSize: [number, number];
  /** How `classify` prepares an image. */
  preprocess: Preprocess;
  /** Length of the result of `embed`. */
  embeddingLength: number;
  /** What the checkpoint does not tell and had to be assumed. The most doubtful first. */
  assumed: Assumption[];
  /** What was done differently than asked for, without harm to the results. Layers come first: kernels that this GPU refuses or computes wrongly. */
  warnings: string[];
  /** The kernels that were checked on this GPU, after the check (`LoadOptions.verify`). */
  verified?: Verified;
  /** How the checkpoint was read. */
  source: SourceInfo;
}

/** A property that leaves no trace in a checkpoint's names and shapes. */
export interface Assumption {
  /** 'style', 'dilation', 'stem', 'norm', 'eps', 'activation', 'shortcut', 'scores', 'preprocess' … */
  what: string;
  /** What was assumed. */
  value: unknown;
  /** The reason, in a sentence. */
  why: string;
  /** The alternatives. */
  alternatives: {
    /** Replaces `Assumption.value`. */
    value: unknown;
    /** Pass it as `arch` to load the alternative. Absent if another option does that. */
    arch?: BackboneConfig | ClassifierConfig | LibraryConfig;
  }[];
}

/** Where in a checkpoint the network was found. */
export interface SourceInfo {
  /** Prefix of the network's names (`model.encoder_q.`), and the dicts around them. Empty if there is none. */
  found: string;
  /** Other networks in the file. `rename` chooses one of them. */
  others: string[];
  /** Whether tensors have other names than in the file, because of the caller's `rename` or of unusual names. */
  renamed: boolean;
  /** The head in words (`fc: Dropout, Linear 512 > 5`), 'none', or why it was left out. */
  head: string;
  /** Tensors that were left out, the same as `ignoredKeys`. */
  ignored: string[];
}
