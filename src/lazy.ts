/**
 * Everything that the library fetches only when needed, each part by name. All other files of src/ use these names (a test checks this).
 *
 * A part that fetches more in turn has a table of its own: arch/lazy.ts, checkpoint/lazy.ts, checkpoint/pytorch-lazy.ts, image/lazy.ts,
 * kernels/lazy.ts. Were its names here, a bundler could not know that the part is there already, and would put shared code into extra files
 * (the reader of PyTorch's files: two in place of one). Families of kernels stand in kernels/families.ts, lists of labels in
 * classify/labels.ts.
 *
 * A file that uses a name depends on the file that it fetches, and on no other. `npm run check:circular` knows this.
 */
import { fetchPart } from './util/fetch-part.ts';

// With every load, at the same time as the checkpoint.

/** The tables of all families, a third of the library. */
export const architectures = () => fetchPart(import('./arch/index.ts'));
/** Which tensor of a checkpoint is which. */
export const resolving = () => fetchPart(import('./model/resolve.ts'));
/** A reader of those tensors. One file with the above: two parts, so that bundlers need no helper to tell their names apart. */
export const binding = () => fetchPart(import('./model/tensors.ts'));
/** What images need, where a network has a head. */
export const imageCalls = () => fetchPart(import('./model/image-calls.ts'));
/** Names of the classes of well-known data sets. */
export const labelSets = () => fetchPart(import('./classify/labels.ts'));
/** Downloads that are kept, unless `cache: false` says otherwise. */
export const keptFiles = () => fetchPart(import('./checkpoint/cache.ts'));
/** Tells a file from its next version, if its server does not. */
export const checksums = () => fetchPart(import('./checkpoint/checksum.ts'));

// For networks that have something rare.

/** Applies the caller's or the checkpoint's `preprocess` to the architecture's own. */
export const mergedRecipes = () => fetchPart(import('./image/recipe.ts'));

// For checkpoints of certain kinds.

/** Every file that is not a safetensors file: more than half of the readers' code. */
export const pytorchFiles = () => fetchPart(import('./checkpoint/pytorch.ts'), 'PyTorch files');
/** Weights that PyTorch combines from parts in every forward pass. */
export const parametrizedWeights = () => fetchPart(import('./checkpoint/parametrize.ts'), 'parametrised weights');
/** Streams, and tensors in memory. */
export const streamsAndTensors = () => fetchPart(import('./checkpoint/streams-and-tensors.ts'));
/** Several files that form one model. */
export const folders = () => fetchPart(import('./checkpoint/folder.ts'));
export const partedFiles = () => fetchPart(import('./checkpoint/parts.ts'));
/** `hf:` with `arch`. */
export const repositories = () => fetchPart(import('./checkpoint/hub-weights.ts'));
export const convertedModels = () => fetchPart(import('./checkpoint/manifest-load.ts'));
/** Repositories, folders and converted models, which describe themselves. */
export const describedWeights = () => fetchPart(import('./checkpoint/describe.ts'));
/** `rename`, next to the weights. */
export const renaming = () => fetchPart(import('./checkpoint/rename.ts'));
/** The same bytes again, after a loss of the device. */
export const secondFetch = () => fetchPart(import('./checkpoint/again.ts'));

// For GPUs of certain kinds.

/** Convolutions with f16 arithmetic, for GPUs where it is faster. */
export const f16Kernels = () => fetchPart(import('./kernels/conv/f16-arithmetic.ts'));
/** For software adapters. */
export const processorShaders = () => fetchPart(import('./kernels/processor.ts'));
/** Kernels that a driver refused, and their replacements. */
export const refusedKernels = () => fetchPart(import('./gpu/refused.ts'));
/** Faults of this GPU's kernels that an earlier visit found. */
export const verdicts = () => fetchPart(import('./model/verdicts.ts'));
/** The next device after a loss, and the kernels that it must avoid. */
export const afterLoss = () => fetchPart(import('./model/after-loss.ts'));
/** WebGPU of the package `webgpu`, in Node. */
export const dawn = () => fetchPart(import('./node/dawn.ts'));

// For rarely used options and calls.

export const tuningTable = () => fetchPart(import('./tuning/tuning-table.ts'));
/** With `tuning: 'auto'`: uses earlier measurements while loading, and measures after the first result. */
export const keptTuning = () => fetchPart(import('./tuning/auto.ts'));
export const measuring = () => fetchPart(import('./tuning/measure.ts'));
export const tuning = () => fetchPart(import('./tuning/tune.ts'));
/** Checks after the first result whether kernels compute the right values on an unknown GPU. */
export const verification = () => fetchPart(import('./inspect/verify/index.ts'));
export const explaining = () => fetchPart(import('./inspect/explain.ts'));
export const profiling = () => fetchPart(import('./inspect/profile.ts'));
export const selfTest = () => fetchPart(import('./inspect/selftest.ts'));
/** `stream`. */
export const frames = () => fetchPart(import('./model/frames.ts'));
/** `classify` of files and folders, one by one. */
export const manyImages = () => fetchPart(import('./model/many.ts'));
/** Inputs and outputs that stay on the GPU. */
export const gpuTensors = () => fetchPart(import('./model/gpu-tensors.ts'));
export const layerOutputs = () => fetchPart(import('./model/layer-outputs.ts'));
/** Batches that did not fit the device in one piece. */
export const joiningBatches = () => fetchPart(import('./model/join-batches.ts'));
/** Embeddings of networks that end in a map. */
export const averages = () => fetchPart(import('./classify/cam.ts'));
/** Calls in slices, between which other work can run. */
export const background = () => fetchPart(import('./gpu/background.ts'));

// For errors.

/** Why there is no device. */
export const noDevice = () => fetchPart(import('./gpu/no-device.ts'));
/** What is wrong with the arguments of a call. */
export const wrongArguments = () => fetchPart(import('./api/wrong-arguments.ts'));
/** Names and web pages instead of addresses, and what was probably meant. */
export const meantAddresses = () => fetchPart(import('./model/meant.ts'));
