/** What `resnet-webgpu/classes` fetches only when it is needed. */
import { fetchPart } from '../util/fetch-part.ts';

/** `train`, and `evaluate` of what was trained. */
export const training = () => fetchPart(import('./train.ts'));
/** `toCheckpoint`. */
export const trainedCheckpoints = () => fetchPart(import('./trained-checkpoint.ts'));
/** `createIndex`. */
export const imageIndexes = () => fetchPart(import('./image-index.ts'));
