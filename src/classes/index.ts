/** `resnet-webgpu/classes`: classes of your own from a few images, and search by likeness. */
import type { Model } from '../api/types.ts';
import { fetchPart } from '../util/fetch-part.ts';
import type { ImageIndex } from './types.ts';

export { createClassifier } from './classifier.ts';
export type { AddOptions, ClassesJSON, Classifier, EvaluateOptions, Evaluation, ImageIndex, Method, PredictOptions } from './types.ts';

/**
 * An index of images, empty or from what `toSafetensors` gave.
 * @throws ResnetError `usage` for an index of another network, `checkpoint-format` for other bytes
 */
export async function createIndex(model: Model, from?: Uint8Array): Promise<ImageIndex> {
  return (await fetchPart(import('./image-index.ts'))).createIndex(model, from);
}
