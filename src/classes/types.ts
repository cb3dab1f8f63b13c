/** Types of `resnet-webgpu/classes`. */
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
   * @throws ResnetError as `model.embed`, and `not-finite` for an image whose embedding is no use
   */
  add(label: string, images: ImageSource | ImageSource[], options?: AddOptions): Promise<void>;
  /** Removes one image of a class, or the class. @throws ResnetError `usage` where there is none */
  remove(label: string, position?: number): void;
  /**
   * Nearest mean by cosine until `train`, then the linear head. Probabilities of nearest means and neighbours are as sharp as the examples,
   * each left out in turn, make most likely.
   * @throws ResnetError as `model.embed`; `usage` where no class has an image
   */
  predict(image: ImageSource, options?: PredictOptions): Promise<Prediction[]>;
  /**
   * Fits the linear head: softmax regression on standardised embeddings. The L2 penalty is chosen by leave-one-out, approximated by one
   * Newton step for each example and class. Some 0.3 s for 100 images; the main thread is free every 16 ms.
   * @throws ResnetError `usage` with fewer than two classes, `aborted`
   */
  train(options?: { signal?: AbortSignal }): Promise<void>;
  /** How often `predict` would be right about its own examples, each left out in turn. */
  evaluate(options?: EvaluateOptions): Promise<Evaluation>;
  /** Embeddings, labels and head, for JSON.stringify; `createClassifier(model, json)` takes it. */
  toJSON(): ClassesJSON;
  /**
   * A safetensors file of the whole network with the trained head as its last layer, under the names of the model's checkpoint: PyTorch
   * and timm read it, and `loadModel({ weights })` needs nothing else.
   * @throws ResnetError `usage` before `train`, and where the network cannot end in one linear layer or its weights cannot be read again
   */
  toCheckpoint(): Promise<Uint8Array<ArrayBuffer>>;
}

export interface AddOptions extends CallOptions {
  /** Images embedded so far, of all of this call. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
}

export type Method = 'mean' | 'neighbours' | 'linear';

export interface PredictOptions {
  /** How many classes, at most. Default 5. */
  topK?: number;
  signal?: AbortSignal;
  /** In place of what `predict` would use. */
  method?: Method;
  /** How many neighbours count. Default 5. */
  neighbours?: number;
}

export interface EvaluateOptions {
  signal?: AbortSignal;
  method?: Method;
  neighbours?: number;
}

export interface Evaluation {
  /** Share of right answers. */
  accuracy: number;
  /** [true class][predicted class], images. */
  confusion: number[][];
  /** By label; recall and precision are NaN where nothing can be said. */
  classes: { label: string; count: number; recall: number; precision: number }[];
  method: Method;
  /** False where each left-out image of a linear head was a Newton step and not a fit of its own, as for more than some 120 images. */
  exact: boolean;
}

/** Plain JSON. */
export interface ClassesJSON {
  format: 'resnet-webgpu-classes';
  version: 1;
  /** What made the embeddings. */
  model: { arch: string; embeddingLength: number; preprocess: Preprocess /** Its embedding of a fixed picture. */; probe: string };
  /** Embeddings are float32, little-endian, in base64. */
  classes: { label: string; images: string[] }[];
  /** As trained: [classes, length] and [classes]. */
  head?: { weight: string; bias: string; penalty: number };
}

/** Images to be found again by likeness. */
export interface ImageIndex {
  readonly size: number;
  /** An id that is there already gets the new image. @throws ResnetError as `model.embed` */
  add(id: string, image: ImageSource, options?: CallOptions): Promise<void>;
  /** @throws ResnetError `usage` where there is none */
  remove(id: string): void;
  /** The k most similar, the most similar first; default 10. Cosine of the embeddings, kept as float16. */
  search(image: ImageSource, k?: number, options?: CallOptions): Promise<{ id: string; similarity: number }[]>;
  /** Ids and embeddings; `createIndex(model, bytes)` takes it. */
  toSafetensors(): Promise<Uint8Array<ArrayBuffer>>;
  /** Frees its GPU memory; the next search takes it again. */
  dispose(): void;
}
