/**
 * What loadModel and its model fetch only when it is needed, by name. In their own files are the parts of the lower folders: a
 * checkpoint's formats, the tables of architectures, the kernels of rarer networks.
 */
import { fetchPart } from '../util/fetch-part.ts';

/** The tables of all families, a third of the library: fetched beside the checkpoint. */
export const architectures = () => fetchPart(import('../arch/index.ts'));
/** Which tensor of a checkpoint is which: fetched beside the checkpoint. */
export const resolving = () => fetchPart(import('./resolve.ts'));
/** What images need: fetched beside the checkpoint of a network with a head. */
export const imageCalls = () => fetchPart(import('./image-calls.ts'));
/** Names of the classes of well-known data sets. */
export const labelSets = () => fetchPart(import('../classify/labels.ts'));
/** What is wrong with the arguments of a call. */
export const wrongArguments = () => fetchPart(import('../api/options.ts'));

// Of unusual sources.

/** Repositories, folders and converted models, which say themselves what they hold. */
export const describedWeights = () => fetchPart(import('../checkpoint/describe.ts'));
/** Names and pages in the place of addresses. */
export const meantAddresses = () => fetchPart(import('./meant.ts'));
export const renaming = () => fetchPart(import('../checkpoint/rename.ts'));
export const tuningTable = () => fetchPart(import('../tuning/tuning-table.ts'));
/** With `tuning: 'auto'`: at the load what an earlier one measured, and after the first result the measurement. */
export const keptTuning = () => fetchPart(import('../tuning/auto.ts'));
export const measuring = () => fetchPart(import('../tuning/measure.ts'));

// Of calls that few make.

export const frames = () => fetchPart(import('./frames.ts'));
export const manyImages = () => fetchPart(import('./many.ts'));
export const gpuTensors = () => fetchPart(import('./gpu-tensors.ts'));
export const layerOutputs = () => fetchPart(import('./layer-outputs.ts'));
export const joiningBatches = () => fetchPart(import('./join-batches.ts'));
export const averages = () => fetchPart(import('../classify/cam.ts'));
export const background = () => fetchPart(import('../gpu/background.ts'));
export const explaining = () => fetchPart(import('../inspect/explain.ts'));
export const profiling = () => fetchPart(import('../inspect/profile.ts'));
export const selfTest = () => fetchPart(import('../inspect/selftest.ts'));
export const tuning = () => fetchPart(import('../tuning/tune.ts'));
export const verification = () => fetchPart(import('../inspect/verify/index.ts'));
