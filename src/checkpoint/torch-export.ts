/**
 * Programs of torch.export (.pt2): raw weights with a table of names and shapes, and the graph as JSON. The graph contains what the
 * modules' attributes would say. Loaded for such files.
 * Format: https://github.com/pytorch/pytorch/blob/main/torch/export/pt2_archive and torch/_export/serde/schema.py
 */

import { type ByteSource, sourceOf } from './byte-source.ts';
import { malformed } from './fail.ts';
import { ARGUMENTS, DEFAULTS } from './functional.ts';
import type { TensorFile } from './safetensors.ts';
import { TorchStorage, TorchTensor } from './torch-pickle.ts';
import { torchTensor } from './torch-tensor.ts';
import type { CheckpointTensor, ModuleInfo } from './types.ts';
import type { ZipEntry } from './zip.ts';

/** schema.ScalarType. */
const TYPES: Readonly<Record<number, string>> = {
  1: 'uint8',
  2: 'int8',
  3: 'int16',
  4: 'int32',
  5: 'int64',
  6: 'float16',
  7: 'float32',
  8: 'float64',
  12: 'bool',
  13: 'bfloat16',
};
const CONFIG = /(?:^|\/)data\/weights\/[^/]*weights_config\.json$/;
/** Before torch 2.9: a file of torch.save inside the archive. */
const STATE_DICT = /(?:^|\/)serialized_state_dict\.pt$/;
/** A graph takes 1 KB for each node. The largest networks have a few thousand. */
const MAX_JSON_BYTES = 2 ** 25;

export function isTorchExport(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return find(entries, CONFIG) !== undefined || find(entries, STATE_DICT) !== undefined;
}

/** @param readSaved reads a file of torch.save */
export async function readTorchExport(
  entries: ReadonlyMap<string, ZipEntry>,
  file: string,
  readSaved: (source: ByteSource) => Promise<TensorFile>,
): Promise<TensorFile> {
  const saved = find(entries, STATE_DICT);
  if (saved) return readSaved(sourceOf(await saved.read(0, saved.size), file));
  const config = find(entries, CONFIG);
  const folder = config?.name.replace(/[^/]*$/, '') ?? '';
  const table = fieldsOf(fieldsOf(await json(config, file)).config);
  const tensors = new Map<string, CheckpointTensor>();
  for (const [key, value] of Object.entries(table)) {
    const { path_name, use_pickle, tensor_meta } = fieldsOf(value);
    if (use_pickle === true || typeof path_name !== 'string') continue;
    tensors.set(key, torchTensor(key, described(fieldsOf(tensor_meta), file), entries.get(folder + path_name), file));
  }
  const program = find(entries, /(?:^|\/)models\/[^/]*\.json$/);
  const modules = program && program.size <= MAX_JSON_BYTES ? modulesOf(await json(program, file)) : new Map<string, ModuleInfo>();
  return { tensors, metadata: {}, tree: tensors, ...(modules.size > 0 && { modules }) };
}

function find(entries: ReadonlyMap<string, ZipEntry>, form: RegExp): ZipEntry | undefined {
  for (const entry of entries.values()) if (form.test(entry.name)) return entry;
  return undefined;
}

async function json(entry: ZipEntry | undefined, file: string): Promise<unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(entry && entry.size <= MAX_JSON_BYTES ? await entry.read(0, entry.size) : undefined));
  } catch (cause) {
    throw Object.assign(malformed(file, 'A table of the torch.export program is damaged.'), { cause });
  }
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function described({ dtype, sizes, strides, storage_offset }: Fields, file: string): TorchTensor {
  const [shape, stride] = [sizes, strides].map((list) => listOf(list).map((size) => fieldsOf(size).as_int));
  const offset = fieldsOf(storage_offset).as_int ?? 0;
  const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!shape?.every(isSize) || !stride?.every(isSize) || shape.length !== stride.length || !isSize(offset)) {
    throw malformed(file, 'A table of the torch.export program describes a tensor in an unknown way.');
  }
  const typeName = (typeof dtype === 'number' && TYPES[dtype]) || `number ${String(dtype)} of torch.export`;
  return new TorchTensor(new TorchStorage('', typeName, 0, 0), offset, shape, stride);
}

/** Every node lists the modules that contain it: `L__self__,,models.ResNet;L__self__conv1,conv1,torch.nn.modules.conv.Conv2d`. */
function modulesOf(program: unknown): Map<string, ModuleInfo> {
  const found = new Map<string, { type: string; attributes: Record<string, unknown> }>();
  const { nodes } = fieldsOf(fieldsOf(fieldsOf(program).graph_module).graph);
  for (const node of listOf(nodes)) {
    const { target, inputs, metadata } = fieldsOf(node);
    const { nn_module_stack: stack } = fieldsOf(metadata);
    if (typeof target !== 'string' || typeof stack !== 'string') continue;
    let innermost: Record<string, unknown> = {};
    for (const level of stack.split(';')) {
      const [, path, type = ''] = level.split(',');
      if (path === undefined) continue;
      const info = found.get(path) ?? { type: type.replace(/^.*\./, ''), attributes: { calls: [] } };
      found.set(path, info);
      innermost = info.attributes;
    }
    const call = /^torch\.ops\.aten\.(\w+?)_?\./.exec(target)?.[1];
    if (call === undefined) continue;
    (innermost.calls as string[] | undefined)?.push(call);
    if (!Object.hasOwn(ARGUMENTS, call)) continue;
    Object.assign(innermost, DEFAULTS[call]);
    for (const input of listOf(inputs)) {
      const { name, arg } = fieldsOf(input);
      const { as_ints, as_int, as_float, as_bool } = fieldsOf(arg);
      const value = as_ints ?? as_int ?? as_float ?? as_bool;
      if (typeof name === 'string' && value !== undefined) innermost[name] = value;
    }
  }
  return found;
}
