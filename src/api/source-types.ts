/** Types of the public API: which network to load, and from what. */

import type { BackboneConfig, ClassifierConfig, LibraryConfig } from '../arch/config.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Preprocess } from './preprocess-types.ts';
import type { Tensor } from './tensor.ts';

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
  | {
      /** A seed, for random weights of PyTorch's default distribution: to try a network without its file. Needs `arch`. */
      random: number;
    };

/**
 * What to load. A string or URL alone is an address of weights: of a file, of a converted model's manifest, or `hf:owner/name[@revision]` for
 * a repository of the Hugging Face Hub.
 */
export type ModelSource =
  | string
  | URL
  | {
      /**
       * A name of torchvision, timm or MMPretrain (`resnet50`, `resnet50d.ra2_in1k`; docs/models.md has all), or a configuration. Default: guessed
       * from the keys and shapes of the file.
       */
      arch?: string | BackboneConfig | ClassifierConfig | LibraryConfig;
      /** The checkpoint: an address, a file, several files that make one, bytes, or tensors. */
      weights: WeightsSource;
      /** Names of the classes in the order of the logits, one for each. Default: the file's own, else ImageNet's or CIFAR's where the network is of one of these. */
      labels?: string[];
      /**
       * Laid over the architecture's own recipe, field by field. `'test'` is the recipe that its authors test with, where that is another one
       * (timm's test_input_size and test_crop_pct). Published accuracies are often for it.
       */
      preprocess?: Partial<Preprocess> | 'test';
      /** Classes of the head. Default: as many as the checkpoint's head has. */
      numClasses?: number;
      /** Whether a checkpoint with tensors that the network has no use for is refused. Missing and mis-shaped ones always are. Default true. */
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
