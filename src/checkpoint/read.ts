import * as lazy from '../lazy.ts';
import { type ByteSource, sourceOf } from './byte-source.ts';
import { noTensors, truncated } from './fail.ts';
import { readSafetensors, safetensorsHeaderBytes, type TensorFile } from './safetensors.ts';
import { detectScheme } from './scheme.ts';
import type { Checkpoint, CheckpointFormat, CheckpointTensor } from './types.ts';

/**
 * Reads a checkpoint's table of contents: .safetensors, torch.save's files (zip and the older stream), TorchScript archives, pickles and
 * .npz. A Blob is read in pieces, never as a whole. Pickles are parsed, not executed. Nothing is fetched.
 * @throws {ResnetError} `checkpoint-format`, `checkpoint-truncated`, `checkpoint-unsafe`, `checkpoint-keys`, `unsupported`
 * @example
 * ```ts
 * import { readCheckpoint } from 'resnet-webgpu';
 *
 * const { format, scheme, tensors } = await readCheckpoint(await (await fetch('resnet18.pth')).blob());
 * console.log(format, scheme, tensors.size); // 'pytorch-zip', 'torchvision', 122
 * for (const [key, { dtype, shape }] of tensors) console.log(key, dtype, shape);
 * ```
 */
export async function readCheckpoint(bytes: ArrayBuffer | Uint8Array | Blob): Promise<Checkpoint> {
  return readSource(sourceOf(bytes));
}

export async function readSource(source: ByteSource): Promise<Checkpoint> {
  const { format, ...file } = await readTensors(source);
  return finishWhole(format, file, source.name);
}

/** The names in the file. */
export async function readTensors(source: ByteSource): Promise<TensorFile & { format: CheckpointFormat }> {
  if (source.size === 0) throw truncated(source.name, 'The file is empty.');
  const head = await source.read(0, Math.min(source.size, 512));
  const headerBytes = safetensorsHeaderBytes(head);
  if (headerBytes !== undefined) return { format: 'safetensors', ...(await readSafetensors(source, headerBytes)) };
  const { readPytorch } = await lazy.pytorchFiles();
  return readPytorch(source, head);
}

/** Parts of weights that PyTorch combines in every forward pass (parametrize.ts). */
const PARAMETRISED = /(_g|_v|_u|_mask|\.original1?|\._u)$/;

/** Like `finish`, for files that may contain parts of weights. */
export async function finishWhole(format: CheckpointFormat, file: TensorFile, name: string): Promise<Checkpoint> {
  const isPlain = ![...file.tensors.keys(), ...(file.tree?.keys() ?? [])].some((key) => PARAMETRISED.test(key));
  if (isPlain) return finish(format, file, name);
  const { wholeWeights } = await lazy.parametrizedWeights();
  return finish(format, wholeWeights(file), name);
}

/** Common to all formats: removes prefixes of wrapping modules, and finds the scheme by the names. */
export function finish(format: CheckpointFormat, { tensors, metadata, ...rest }: TensorFile, file: string): Checkpoint {
  if (tensors.size === 0) throw noTensors(Object.keys(metadata), file);
  const bare = stripPrefixes(tensors);
  return { format, file, scheme: detectScheme(bare.keys()), metadata, tensors: bare, ...(bare !== tensors && { tree: tensors }), ...rest };
}

/** DistributedDataParallel and torch.compile. Any key may have these prefixes. Limited, because a hostile key may have megabytes of them. */
const WRAPPER_PREFIX = /^(module\.|_orig_mod\.){1,8}/;
/** Attribute names of a wrapping module. Only removed if every key has the same one, because a network may have a part with that name. */
const ROOT_PREFIX = /^(model|net|network|timm_model)\./;
/** The counter that AveragedModel (torch, MMEngine) stores next to `module.`. */
const AVERAGING_COUNTERS = ['n_averaged', 'steps'];
/** A compiled model in a LightningModule in a DataParallel has three. */
const MAX_WRAPPING_MODULES = 8;

function stripPrefixes(tensors: Map<string, CheckpointTensor>): Map<string, CheckpointTensor> {
  let bare = tensors;
  for (let level = 0; level < MAX_WRAPPING_MODULES; level++) {
    const before = bare;
    bare = rename(bare, (key) => key.replace(WRAPPER_PREFIX, ''));
    if (bare !== before) for (const counter of AVERAGING_COUNTERS) bare.delete(counter);
    const root = ROOT_PREFIX.exec(bare.keys().next().value ?? '')?.[0];
    if (root !== undefined && [...bare.keys()].every((key) => key.startsWith(root))) bare = rename(bare, (key) => key.slice(root.length));
    if (bare === before) break;
  }
  return bare;
}

/** The same map if no name changes, or if two names would become the same. */
function rename(tensors: Map<string, CheckpointTensor>, change: (key: string) => string): Map<string, CheckpointTensor> {
  const renamed = new Map<string, CheckpointTensor>();
  let changed = false;
  for (const [key, tensor] of tensors) {
    const name = change(key);
    changed ||= name !== key;
    renamed.set(name, tensor);
  }
  return changed && renamed.size === tensors.size ? renamed : tensors;
}
