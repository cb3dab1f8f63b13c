/** Types of the public API: what is known of a loaded model. */

import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import type { Preprocess } from './preprocess-types.ts';
import type { TuningReport } from './tuning-types.ts';
import type { Verified } from './verify-types.ts';

/** What a model is, how it was read, and what it runs on. A copy, made anew each time that `Model.info` is read. */
export interface ModelInfo {
  /** Name of the architecture, or the class of the configuration. */
  arch: string;
  /** Learned numbers of the network; running means and variances of norms do not count. */
  parameters: number;
  /** Multiply-adds of one run at the input size and batch that were prepared for; convolutions and linear layers, as papers count. */
  macs: number;
  /** How weights and activations are stored. */
  precision: 'f32' | 'f16';
  /** The GPU, as far as the browser tells. Each text may be empty. */
  adapter: {
    /** `amd`, `apple`, `intel`, `nvidia` … */
    vendor: string;
    /** Family of GPUs, such as `rdna-3`. */
    architecture: string;
    /** The GPU's own name; most browsers hide it. */
    description: string;
    /** Whether the processor stands in for a GPU (SwiftShader, llvmpipe, WARP). */
    software: boolean;
  };
  /** Dispatches from input tensor to logits (or to the last feature map). */
  dispatches: number;
  /** Besides these: passes that split sums and Winograd transforms add, as the kernels chosen for this GPU want them. */
  auxiliaryDispatches: number;
  /** Compute pipelines of the device so far; models on one device share them. */
  pipelines: number;
  /** With `tuning: 'auto'`, from the first result on. */
  tuning?: TuningReport;
  /** Tensors of the checkpoint that the network has no use for, by their names in the file. */
  ignoredKeys: string[];
  /** Of the classes, in the order of the logits. Absent where neither caller nor file names them. */
  labels?: string[];
  /** Length of the logits; absent for a bare backbone. */
  numClasses?: number;
  /** [height, width] in pixels that the model was prepared for. */
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
  /** What else it could be. */
  alternatives: {
    /** In place of `Assumption.value`. */
    value: unknown;
    /** Loads it so, passed as `arch`. Absent where another option does. */
    arch?: BackboneConfig | ClassifierConfig | LibraryConfig;
  }[];
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
