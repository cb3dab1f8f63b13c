/** Types of `resnet-webgpu/classes`. */
import type { Bytes } from '../api/bytes.ts';
import type { CallOptions, ImageSource, Prediction, Preprocess } from '../api/types.ts';

/** Classes of your own, from a few images each, on the embeddings of a model. */
export interface Classifier {
  /** In the order that they were added in; `index` of a prediction counts them. */
  readonly labels: string[];
  /** Images of each class. */
  readonly counts: number[];
  /** Whether `predict` uses the linear head. Adding or removing images takes it back to nearest means. */
  readonly trained: boolean;
  /**
   * Embeds images and keeps the embeddings, not the images. All are added, or none.
   * @param label name of the class; a new name begins a new class
   * @param images one image or several, each an example of this class
   * @param options progress, and a signal to stop by
   * @throws {ResnetError} `usage` for what is not a name; `not-finite` for an image whose embedding is not finite; `image`, `network` and the rest as `model.embed`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * ```
   */
  add(label: string, images: ImageSource | ImageSource[], options?: AddOptions): Promise<void>;
  /**
   * Removes one image of a class, or the class.
   * @param label name of the class
   * @param position of the image in its class, from 0; by default the class goes
   * @throws {ResnetError} `usage` where there is none
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * few.remove('mine', 0); // its first image
   * few.remove('yours');   // the class
   * ```
   */
  remove(label: string, position?: number): void;
  /**
   * Nearest mean by cosine until `train`, then the linear head. Probabilities of nearest means and neighbours are as sharp as the examples,
   * each left out in turn, make most likely.
   * @param image what is to be named
   * @param options how many classes to give, and a signal to stop by
   * @throws {ResnetError} `usage` where no class has an image; `image`, `network` and the rest as `model.embed`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * const [best] = await few.predict('photo.jpg');
   * console.log(best?.label, best?.probability);
   * ```
   */
  predict(image: ImageSource, options?: PredictOptions): Promise<Prediction[]>;
  /**
   * Fits the linear head: softmax regression on standardised embeddings. The L2 penalty is chosen by leave-one-out, approximated by one
   * Newton step for each example and class. Some 0.3 s for 100 images; the main thread is free every 16 ms.
   * @throws {ResnetError} `usage` with fewer than two classes, `aborted`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * await few.train();
   * console.log(few.trained); // true
   * ```
   */
  train(options?: TrainOptions): Promise<void>;
  /**
   * How often `predict` would be right about its own examples, each left out in turn.
   * @throws {ResnetError} `usage` where there are no classes, or `linear` is asked for before `train`; `aborted`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * const { accuracy, confusion } = await few.evaluate();
   * ```
   */
  evaluate(options?: EvaluateOptions): Promise<Evaluation>;
  /**
   * Embeddings, labels and head, for JSON.stringify; `createClassifier(model, json)` takes it. Does not throw.
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * localStorage.setItem('classes', JSON.stringify(few));
   * ```
   */
  toJSON(): ClassesJSON;
  /**
   * A safetensors file of the whole network with the trained head as its last layer, under the names of the model's checkpoint: PyTorch
   * and timm read it, and `loadModel({ weights })` needs nothing else.
   * @throws {ResnetError} `usage` before `train`, and where the network cannot end in one linear layer or its weights cannot be read again
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createClassifier } from 'resnet-webgpu/classes';
   *
   * const few = await createClassifier(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await few.add('mine', ['1.jpg', '2.jpg']);
   * await few.add('yours', ['3.jpg', '4.jpg']);
   * await few.train();
   * const file = new Blob([await few.toCheckpoint()]);
   * const model = await loadModel({ weights: file }); // classifies into 'mine' and 'yours'
   * ```
   */
  toCheckpoint(): Promise<Bytes>;
}

/** What `Classifier.add` takes. */
export interface AddOptions extends CallOptions {
  /** Images embedded so far, of all of this call. */
  onProgress?: (progress: {
    /** Embedded so far. */
    loaded: number;
    /** To be embedded. */
    total: number;
  }) => void;
}

/** What `Classifier.train` takes. */
export interface TrainOptions {
  /** Stops the training, which then rejects with `aborted`; the classifier stays as it was. */
  signal?: AbortSignal;
}

/**
 * How classes are told apart: `mean`, the nearest mean of a class by cosine; `neighbours`, a vote of the nearest examples; `linear`, the
 * trained head.
 */
export type Method = 'mean' | 'neighbours' | 'linear';

/** What `Classifier.predict` takes. */
export interface PredictOptions {
  /** How many classes, at most; a whole number from 1. Default 5. */
  topK?: number;
  /** A call that has not begun never begins, and rejects with `aborted`. */
  signal?: AbortSignal;
  /** In place of what `predict` would use: the head if there is one, else the means. */
  method?: Method;
  /** How many neighbours count. Default 5. */
  neighbours?: number;
}

/** What `Classifier.evaluate` takes. */
export interface EvaluateOptions {
  /** Stops the evaluation, which then rejects with `aborted`. */
  signal?: AbortSignal;
  /** Which method is judged. Default: what `predict` would use. */
  method?: Method;
  /** How many neighbours count. Default 5. */
  neighbours?: number;
}

/** How often a classifier is right. */
export interface Evaluation {
  /** Share of right answers, 0 to 1. */
  accuracy: number;
  /** Images by [true class][predicted class], in the order of `labels`. */
  confusion: number[][];
  /** Each class by itself. */
  classes: {
    /** Name of the class. */
    label: string;
    /** Its images. */
    count: number;
    /** Share of its images that were told as it, 0 to 1; NaN where it has none. */
    recall: number;
    /** Share of what was told as it that is, 0 to 1; NaN where nothing was. */
    precision: number;
  }[];
  /** What was judged. */
  method: Method;
  /** False where each left-out image of a linear head was a Newton step and not a fit of its own, as for more than some 120 images. */
  exact: boolean;
}

/** A classifier as plain JSON. Numbers are float32, little-endian, in base64. */
export interface ClassesJSON {
  /** Tells it from other JSON. */
  format: 'resnet-webgpu-classes';
  /** Rises when older readers would misread the rest. */
  version: 1;
  /** What made the embeddings; another network refuses them. */
  model: {
    /** Name of the architecture. */
    arch: string;
    /** Numbers of an embedding. */
    embeddingLength: number;
    /** What was done to the images. */
    preprocess: Preprocess;
    /** Its embedding of a fixed picture, which networks are told apart by. */
    probe: string;
  };
  /** In the order that they were added in. */
  classes: {
    /** Name of the class. */
    label: string;
    /** An embedding each. */
    images: string[];
  }[];
  /** As trained; absent before. */
  head?: {
    /** [classes, embeddingLength] */
    weight: string;
    /** [classes] */
    bias: string;
    /** Factor of the L2 penalty that was chosen. */
    penalty: number;
  };
}

/** Images to be found again by likeness. Embeddings are kept as float16. */
export interface ImageIndex {
  /** How many images it has. */
  readonly size: number;
  /**
   * Embeds an image and keeps the embedding. An id that is there already gets the new image.
   * @param id what `search` gives back: a file name, an address, a key of yours
   * @param image what to remember
   * @param options a signal to stop by
   * @throws {ResnetError} `image`, `network` and the rest as `model.embed`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createIndex } from 'resnet-webgpu/classes';
   *
   * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await index.add('holiday/042.jpg', '042.jpg');
   * ```
   */
  add(id: string, image: ImageSource, options?: CallOptions): Promise<void>;
  /**
   * Forgets an image.
   * @throws {ResnetError} `usage` where there is none
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createIndex } from 'resnet-webgpu/classes';
   *
   * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await index.add('holiday/042.jpg', '042.jpg');
   * index.remove('holiday/042.jpg');
   * ```
   */
  remove(id: string): void;
  /**
   * The k most similar, the most similar first. Similarity is the cosine of the embeddings, -1 to 1.
   * @param image what to look for
   * @param k how many, at most; default 10
   * @param options a signal to stop by
   * @throws {ResnetError} `usage` for a k that is not a number of images; `device-limits`, `out-of-memory`; `image`, `network` and the rest as
   * `model.embed`
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createIndex } from 'resnet-webgpu/classes';
   *
   * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await index.add('holiday/042.jpg', '042.jpg');
   * const [nearest] = await index.search('photo.jpg', 5);
   * console.log(nearest?.id, nearest?.similarity);
   * ```
   */
  search(image: ImageSource, k?: number, options?: CallOptions): Promise<ImageMatch[]>;
  /**
   * Ids and embeddings; `createIndex(model, bytes)` takes it. Does not throw.
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createIndex } from 'resnet-webgpu/classes';
   *
   * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await index.add('holiday/042.jpg', '042.jpg');
   * const file = new Blob([await index.toSafetensors()]);
   * ```
   */
  toSafetensors(): Promise<Bytes>;
  /**
   * Frees its GPU memory; the next search takes it again. Does not throw.
   * @example
   * ```ts
   * import { loadModel } from 'resnet-webgpu';
   * import { createIndex } from 'resnet-webgpu/classes';
   *
   * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
   * await index.add('holiday/042.jpg', '042.jpg');
   * index.dispose();
   * ```
   */
  dispose(): void;
}

/** An image that was found. */
export interface ImageMatch {
  /** As it was added. */
  id: string;
  /** Cosine of the embeddings, -1 to 1. */
  similarity: number;
}
