import { truncated } from './fail.ts';
import { foreignFormat } from './foreign.ts';
import { readPytorchLegacy } from './pytorch-legacy.ts';
import { readPytorchZip } from './pytorch-zip.ts';
import { readSafetensors, safetensorsHeaderBytes, type TensorFile } from './safetensors.ts';
import { detectScheme } from './scheme.ts';
import { type ByteSource, sourceOf } from './source.ts';
import type { Checkpoint, CheckpointFormat, CheckpointTensor } from './types.ts';
import { noTensors } from './unwrap.ts';

/**
 * Reads a checkpoint's table of contents: .safetensors, and what torch.save writes (zip and the older stream).
 * A Blob is read piecewise, never whole. Pickles are parsed, not executed.
 * @throws ResnetError `checkpoint-format`, `checkpoint-truncated`, `checkpoint-unsafe`, `checkpoint-keys`, `unsupported`
 */
export async function readCheckpoint(bytes: ArrayBuffer | Uint8Array | Blob): Promise<Checkpoint> {
  return readSource(sourceOf(bytes));
}

export async function readSource(source: ByteSource): Promise<Checkpoint> {
  if (source.size === 0) throw truncated(source.name, 'The file is empty.');
  const head = await source.read(0, Math.min(source.size, 512));
  if (startsWith(head, 'PK\x03\x04')) return finish('pytorch-zip', await readPytorchZip(source), source.name);
  const headerBytes = safetensorsHeaderBytes(head);
  if (headerBytes !== undefined) return finish('safetensors', await readSafetensors(source, headerBytes), source.name);
  // PROTO 1 to 5; protocol 0 has no such mark, but the magic number in decimal.
  if ((head[0] === 0x80 && (head[1] as number) <= 5) || startsWith(head, 'L119547037146038801333356L')) {
    return finish('pytorch-legacy', await readPytorchLegacy(source), source.name);
  }
  throw foreignFormat(head, source);
}

/** What all formats have in common: prefixes of wrapping modules go, the scheme is told from the names. */
export function finish(format: CheckpointFormat, { tensors, metadata }: TensorFile, file: string): Checkpoint {
  if (tensors.size === 0) throw noTensors(Object.keys(metadata), file);
  const bare = stripPrefixes(tensors);
  return { format, scheme: detectScheme(bare.keys()), metadata, tensors: bare };
}

/** DistributedDataParallel and torch.compile; any key may have them. */
const WRAPPER_PREFIX = /^(module\.|_orig_mod\.)+/;
/** Attribute names of a wrapping module; only where every key has the same, since a network may have such a part. */
const ROOT_PREFIX = /^(model|net|network|timm_model)\./;
/** What AveragedModel (torch, MMEngine) counts beside its `module.`. */
const AVERAGING_COUNTERS = ['n_averaged', 'steps'];

function stripPrefixes(tensors: Map<string, CheckpointTensor>): Map<string, CheckpointTensor> {
  let bare = rename(tensors, (key) => key.replace(WRAPPER_PREFIX, ''));
  if (bare !== tensors) for (const counter of AVERAGING_COUNTERS) bare.delete(counter);
  const root = ROOT_PREFIX.exec(bare.keys().next().value ?? '')?.[0];
  if (root !== undefined && [...bare.keys()].every((key) => key.startsWith(root))) bare = rename(bare, (key) => key.slice(root.length));
  return bare === tensors ? bare : stripPrefixes(bare);
}

/** The same map if no name changes, or if two names would become one. */
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

function startsWith(bytes: Uint8Array, text: string): boolean {
  return [...text].every((char, i) => bytes[i] === char.charCodeAt(0));
}
