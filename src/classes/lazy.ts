/** The parts of `resnet-webgpu/classes` that are only fetched when needed. */
import { fetchPart } from '../util/fetch-part.ts';

/** `train`, and `evaluate` for the result. */
export const training = () => fetchPart(import('./train.ts'));
/** `toCheckpoint`. */
export const trainedCheckpoints = () => fetchPart(import('./trained-checkpoint.ts'));
/** `createIndex`. */
export const imageIndexes = () => fetchPart(import('./image-index.ts'));
