/** Types of `listModels`. */

/** A row of `listModels`. */
export interface ListedModel {
  /** What `arch` takes; with timm's tag where the row is of one checkpoint. */
  name: string;
  /** What `loadModel` takes, where timm publishes weights: `hf:timm/resnet50.a1_in1k`. Without a tag in `name`, timm's default ones. */
  hub?: string;
  /** With a head of 1000 classes. */
  parameters?: number;
  /** Of those weights; 0 where they have no head. */
  numClasses?: number;
  /** Top-1 accuracy on ImageNet's validation set in percent, as timm publishes it, for images of `inputSize`. */
  top1?: number;
  /** [height, width] of the usual preprocessing. */
  inputSize?: [number, number];
  /** With `preprocess: 'test'`, where the authors test with another size. */
  test?: { top1?: number; inputSize: [number, number] };
}

export interface ListOptions {
  /** A row for each published checkpoint, in place of one for each architecture. */
  pretrained?: boolean;
}
