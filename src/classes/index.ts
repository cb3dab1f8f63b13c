/** `resnet-webgpu/classes`: your own classes from a few images, and search by similarity. */

import type { Model } from '../api/types.ts';
import * as lazy from './lazy.ts';
import type { ImageIndex } from './types.ts';

export type { Bytes } from '../api/bytes.ts';
export { createClassifier } from './classifier.ts';
export type {
  AddOptions,
  ClassesJSON,
  Classifier,
  EvaluateOptions,
  Evaluation,
  ImageIndex,
  ImageMatch,
  Method,
  PredictOptions,
  TrainOptions,
} from './types.ts';

/**
 * An index of images: empty, or with those from `toSafetensors`.
 * @param model any model of the library, with or without a head
 * @param from bytes that an index's `toSafetensors` returned. By default the index is empty
 * @throws {ResnetError} `usage` for a model that is not this library's, and for an index of another network; `checkpoint-format` for other
 * bytes; also the errors of `model.embed`
 * @example
 * ```ts
 * import { loadModel } from 'resnet-webgpu';
 * import { createIndex } from 'resnet-webgpu/classes';
 *
 * const index = await createIndex(await loadModel('hf:timm/resnet18.a1_in1k'));
 * await index.add('holiday/042.jpg', '042.jpg');
 * const [nearest] = await index.search('photo.jpg');
 * console.log(nearest?.id, nearest?.similarity);
 * ```
 */
export async function createIndex(model: Model, from?: Uint8Array): Promise<ImageIndex> {
  return (await lazy.imageIndexes()).createIndex(model, from);
}
