/** Types of `listModels`. */

/** A row of `listModels`: an architecture, or one of its published checkpoints. */
export interface ListedModel {
  /** What `arch` takes; with timm's tag where the row is of one checkpoint (`resnet50.a1_in1k`). */
  name: string;
  /** What `loadModel` takes, where timm publishes weights: `hf:timm/resnet50.a1_in1k`. Without a tag in `name`, timm's default ones. */
  hub?: string;
  /** Learned numbers of the network, with a head of 1000 classes. Four bytes each in a file of float32. */
  parameters?: number;
  /** Classes of those weights; 0 where they have no head. */
  numClasses?: number;
  /** Top-1 accuracy on ImageNet's validation set in percent, as timm publishes it, for images of `inputSize`. */
  top1?: number;
  /** [height, width] in pixels, after the usual preprocessing. */
  inputSize?: [number, number];
  /** With `preprocess: 'test'`, where the authors test with another size. */
  test?: {
    /** Top-1 accuracy in percent at that size. */
    top1?: number;
    /** [height, width] in pixels. */
    inputSize: [number, number];
  };
}

/** What `listModels` takes. */
export interface ListOptions {
  /** A row for each published checkpoint, in place of one for each architecture. Default false. */
  pretrained?: boolean;
}
