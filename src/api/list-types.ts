/** Types of `listModels`. */

/** A row of `listModels`: an architecture, or one of its published checkpoints. */
export interface ListedModel {
  /** A value for `arch`, with timm's tag if the row is a checkpoint (`resnet50.a1_in1k`). */
  name: string;
  /** A value for `loadModel`, if timm publishes weights: `hf:timm/resnet50.a1_in1k`. Without a tag in `name`, timm's default weights. */
  hub?: string;
  /** Learned parameters, with a head of 1000 classes. Four bytes each in a file of float32. */
  parameters?: number;
  /** Classes of these weights; 0 if they have no head. */
  numClasses?: number;
  /** Top-1 accuracy on ImageNet's validation set in percent, as timm publishes it, for images of `inputSize`. */
  top1?: number;
  /** [height, width] in pixels, after the usual preprocessing. */
  inputSize?: [number, number];
  /** With `preprocess: 'test'`, if the authors test with another size. */
  test?: {
    /** Top-1 accuracy in percent at that size. */
    top1?: number;
    /** [height, width] in pixels. */
    inputSize: [number, number];
  };
}

/** Options of `listModels`. */
export interface ListOptions {
  /** A row for each published checkpoint, instead of one for each architecture. Default false. */
  pretrained?: boolean;
}
