/** Types of `resnet-webgpu/classes`. */
import type { Bytes } from '../api/bytes.ts';
import type { CallOptions, ImageSource, Prediction, Preprocess } from '../api/types.ts';

/** Your own classes on a model's embeddings, from a few images each. */
export interface Classifier {
  /** In the order in which they were added. `index` of a prediction refers to it. */
  readonly labels: string[];
  /** Number of images in each class. */
  readonly counts: number[];
  /** Whether `predict` uses the linear head. After adding or removing images it uses nearest means again. */
  readonly trained: boolean;
  /**
   * Embeds images and keeps the embeddings, not the images. Either all images are added, or none.
   * @param label name of the class. A new name adds a new class
   * @param images one or several images, each an example of this class
   * @param options progress, and a signal to stop by
   * @throws {ResnetError} `usage` for an invalid name; `not-finite` for an image whose embedding is not finite; `image`, `network` and the other
   * errors of `model.embed`
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
   * Removes one image of a class, or the whole class.
   * @param label name of the class
   * @param position index of the image in its class, from 0. By default the whole class is removed
   * @throws {ResnetError} `usage` if there is no such class or image
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
   * Uses the nearest mean by cosine until `train`, then the linear head. Probabilities of nearest means and neighbours are scaled such
   * that the examples, each left out in turn, are most likely.
   * @param image the image to classify
   * @param options how many classes to return, and a signal to stop by
   * @throws {ResnetError} `usage` if no class has an image; `image`, `network` and the other errors of `model.embed`
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
   * Fits the linear head: softmax regression on standardised and whitened embeddings, in which every class counts the same. The L2
   * penalty is chosen by leave-one-out, approximated by one Newton step for each example and class. Takes about 0.5 s for 100 images. The main thread is free every 16 ms.
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
   * How often `predict` is right about its own examples, each left out in turn.
   * @throws {ResnetError} `usage` if there are no classes, or if `linear` is asked for before `train`; `aborted`
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
   * Embeddings, labels and head, for JSON.stringify. `createClassifier(model, json)` reads it. Does not throw.
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
   * A safetensors file of the whole network with the trained head as its last layer, with the names of the model's checkpoint. PyTorch
   * and timm can read it, and `loadModel({ weights })` needs nothing else.
   * @throws {ResnetError} `usage` before `train`, and if the network cannot end in one linear layer or its weights cannot be read again
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

/** Options of `Classifier.add`. */
export interface AddOptions extends CallOptions {
  /** Called with the number of this call's images that were embedded. */
  onProgress?: (progress: {
    /** Images embedded so far. */
    loaded: number;
    /** Images to embed. */
    total: number;
  }) => void;
}

/** Options of `Classifier.train`. */
export interface TrainOptions {
  /** Stops the training, which then rejects with `aborted`. The classifier stays unchanged. */
  signal?: AbortSignal;
}

/**
 * How to classify: `mean` by the nearest class mean by cosine, `neighbours` by a vote of the nearest examples, `linear` by the trained
 * head.
 */
export type Method = 'mean' | 'neighbours' | 'linear';

/** Options of `Classifier.predict`. */
export interface PredictOptions {
  /** Maximum number of classes; an integer from 1. Default 5. */
  topK?: number;
  /** A call that has not started never starts, and rejects with `aborted`. */
  signal?: AbortSignal;
  /** Instead of the default: the head if there is one, otherwise the means. */
  method?: Method;
  /** Number of neighbours that vote. Default 5. */
  neighbours?: number;
}

/** Options of `Classifier.evaluate`. */
export interface EvaluateOptions {
  /** Stops the evaluation, which then rejects with `aborted`. */
  signal?: AbortSignal;
  /** The method to evaluate. Default: the one that `predict` would use. */
  method?: Method;
  /** Number of neighbours that vote. Default 5. */
  neighbours?: number;
}

/** How often a classifier is right. */
export interface Evaluation {
  /** Share of correct predictions, 0 to 1. */
  accuracy: number;
  /** Images by [true class][predicted class], in the order of `labels`. */
  confusion: number[][];
  /** Results for each class. */
  classes: {
    /** Name of the class. */
    label: string;
    /** Number of its images. */
    count: number;
    /** Share of its images that were predicted as this class (recall), 0 to 1; NaN if it has none. */
    recall: number;
    /** Share of the images predicted as this class that belong to it (precision), 0 to 1; NaN if there are none. */
    precision: number;
  }[];
  /** The method that was evaluated. */
  method: Method;
  /**
   * Always true for means and neighbours. False for a head where a tenth of the images was left out at a time: with more than some 60
   * images, for 512 features and ten classes.
   */
  exact: boolean;
}

/** A classifier as plain JSON. Numbers are float32, little-endian, in base64. */
export interface ClassesJSON {
  /** Distinguishes it from other JSON. */
  format: 'resnet-webgpu-classes';
  /** Increases when older readers would misread the rest. */
  version: 1;
  /** The network that made the embeddings. Other networks refuse them. */
  model: {
    /** Name of the architecture. */
    arch: string;
    /** Length of an embedding. */
    embeddingLength: number;
    /** Preprocessing of the images. */
    preprocess: Preprocess;
    /** Its embedding of a fixed picture, which distinguishes networks. */
    probe: string;
  };
  /** In the order in which they were added. */
  classes: {
    /** Name of the class. */
    label: string;
    /** One embedding for each image. */
    images: string[];
  }[];
  /** The trained head. Absent before training. */
  head?: {
    /** [classes, embeddingLength] */
    weight: string;
    /** [classes] */
    bias: string;
    /** The chosen factor of the L2 penalty. */
    penalty: number;
  };
}

/** Images that can be searched by similarity. Embeddings are stored as float16. */
export interface ImageIndex {
  /** Number of images. */
  readonly size: number;
  /**
   * Embeds an image and keeps the embedding. If the id already exists, its image is replaced.
   * @param id returned by `search`: a file name, an address, any key
   * @param image the image to add
   * @param options a signal to stop by
   * @throws {ResnetError} `image`, `network` and the other errors of `model.embed`
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
   * Removes an image.
   * @throws {ResnetError} `usage` if there is no such image
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
   * The k most similar images, the most similar first. Similarity is the cosine of the embeddings, -1 to 1.
   * @param image the image to search for
   * @param k maximum number of results; default 10
   * @param options a signal to stop by
   * @throws {ResnetError} `usage` for a k that is not a number of images; `device-limits`, `out-of-memory`; `image`, `network` and the other
   * errors of `model.embed`
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
   * Ids and embeddings. `createIndex(model, bytes)` reads them. Does not throw.
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
   * Frees its GPU memory. The next search allocates it again. Does not throw.
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
  /** The id that was given to `add`. */
  id: string;
  /** Cosine of the embeddings, -1 to 1. */
  similarity: number;
}
