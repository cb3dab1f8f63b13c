/**
 * What loadModel and its model fetch only when it is needed, by name. In their own files are the parts of the lower folders: a
 * checkpoint's formats, the tables of architectures, the kernels of rarer networks.
 */

/** The tables of all families, a third of the library: fetched beside the checkpoint. */
export const architectures = () => import('../arch/index.ts');
/** Which tensor of a checkpoint is which: fetched beside the checkpoint. */
export const resolving = () => import('./resolve.ts');
/** What images need: fetched beside the checkpoint of a network with a head. */
export const imageCalls = () => import('./image-calls.ts');
/** Names of the classes of well-known data sets. */
export const labelSets = () => import('../classify/labels.ts');
/** What is wrong with the arguments of a call. */
export const wrongArguments = () => import('../api/options.ts');

// Of unusual sources.

/** Repositories, folders and converted models, which say themselves what they hold. */
export const describedWeights = () => import('../checkpoint/describe.ts');
/** Names and pages in the place of addresses. */
export const meantAddresses = () => import('./meant.ts');
export const renaming = () => import('../checkpoint/rename.ts');
export const tuningTable = () => import('../tuning/tuning-table.ts');
/** With `tuning: 'auto'`: at the load what an earlier one measured, and after the first result the measurement. */
export const keptTuning = () => import('../tuning/auto.ts');
export const measuring = () => import('../tuning/measure.ts');

// Of calls that few make.

export const frames = () => import('./frames.ts');
export const manyImages = () => import('./many.ts');
export const gpuTensors = () => import('./gpu-tensors.ts');
export const layerOutputs = () => import('./layer-outputs.ts');
export const joiningBatches = () => import('./join-batches.ts');
export const averages = () => import('../classify/cam.ts');
export const background = () => import('../gpu/background.ts');
export const explaining = () => import('../inspect/explain.ts');
export const profiling = () => import('../inspect/profile.ts');
export const selfTest = () => import('../inspect/selftest.ts');
export const tuning = () => import('../tuning/tune.ts');
export const verification = () => import('../inspect/verify/index.ts');
