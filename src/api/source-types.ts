/** Types of the public API: which network to load, and its weights. */

import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Preprocess } from './preprocess-types.ts';
import type { Tensor } from './tensor.ts';

/**
 * A checkpoint file in any format that `readCheckpoint` can read, its result, or tensors in memory. Several files (an array, or the `files` of
 * an input or a drop) form one: parts with or without their index, the folder of a converted model, or of a repository.
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
  | {
      /** A seed for random weights with PyTorch's default distribution, to try a network without its file. Needs `arch`. */
      random: number;
    };

/**
 * What to load. A string or URL alone is an address of weights: a file, a converted model's manifest, or `hf:owner/name[@revision]` for a
 * repository of the Hugging Face Hub.
 */
export type ModelSource =
  | string
  | URL
  | {
      /**
       * A name from torchvision, timm or MMPretrain (`resnet50`, `resnet50d.ra2_in1k`; docs/models.md has all), or a configuration. Default: guessed
       * from the keys and shapes in the file.
       */
      arch?: string | BackboneConfig | ClassifierConfig | LibraryConfig;
      /** The checkpoint: an address, a file, several files that form one, bytes, or tensors. */
      weights: WeightsSource;
      /** Names of the classes in the order of the logits. Default: the file's own, otherwise ImageNet's or CIFAR's if the network is for one of these. */
      labels?: string[];
      /**
       * Overrides fields of the architecture's own recipe. `'test'` is the recipe that its authors test with, if that is a different one (timm's
       * test_input_size and test_crop_pct). Published accuracies often refer to it.
       */
      preprocess?: Partial<Preprocess> | 'test';
      /** Classes of the head. Default: as many as the checkpoint's head has. */
      numClasses?: number;
      /** Whether to refuse a checkpoint with tensors that the network does not use. Missing tensors and wrong shapes are always refused. Default true. */
      strict?: boolean;
      /**
       * New names for the keys of the file, if its names are not understood. Try everything else first. A table of prefixes, of which the longest
       * matching one counts (`''` matches every key). Or a function that returns the new name, or undefined to leave the tensor out.
       */
      rename?: Record<string, string> | ((key: string) => string | undefined);
      /** `none` loads only the backbone, whatever head is in the checkpoint. */
      head?: 'none';
      /**
       * How logits become scores. Default: softmax, or what the head's configuration says. A single logit gets a sigmoid: the probability of the class
       * that was trained as 1. With two labels, `classify` names both, and `index` refers to the labels.
       */
      scores?: 'softmax' | 'sigmoid' | 'none';
    };
