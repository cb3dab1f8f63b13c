/**
 * torch.save before 1.6 (and `_use_new_zipfile_serialization=False`): five pickles in a row (magic number, protocol
 * version, system, the object, storage keys), then per key an int64 element count and the raw little-endian numbers.
 */

import { ResnetError } from '../errors.ts';
import { BYTES_PER_ELEMENT } from './dtype.ts';
import { malformed, truncated } from './fail.ts';
import { unpickle, type Value } from './pickle.ts';
import type { TensorFile } from './safetensors.ts';
import type { ByteSource } from './source.ts';
import { type TorchStorage, torchHost } from './torch-pickle.ts';
import { type StorageBytes, torchTensor } from './torch-tensor.ts';
import type { CheckpointTensor } from './types.ts';
import { unwrap } from './unwrap.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;
/** The pickles' length is in no header: read this much, and four times more until they are whole. */
const FIRST_READ_BYTES = 2 ** 20;

export async function readPytorchLegacy(source: ByteSource): Promise<TensorFile> {
  const file = source.name;
  const { root, keys, storages, end } = await readPickles(source);
  const places = await placeStorages(source, keys, storages, end);
  const { tensors, metadata } = unwrap(root, file);
  const checked = new Map<string, CheckpointTensor>();
  for (const [key, tensor] of tensors) checked.set(key, torchTensor(key, tensor, places.get(tensor.storage.key), file));
  return { tensors: checked, metadata };
}

async function readPickles(source: ByteSource) {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const whole = size >= source.size;
    const bytes = await source.read(0, whole ? source.size : size);
    try {
      return parsePickles(bytes, source.name);
    } catch (error) {
      if (whole || !(error instanceof ResnetError) || error.code !== 'checkpoint-truncated') throw error;
    }
  }
}

function parsePickles(bytes: Uint8Array, file: string) {
  const storages = new Map<string, TorchStorage>();
  const host = torchHost(file, (storage) => {
    const known = storages.get(storage.key);
    if (known && (known.typeName !== storage.typeName || known.elements !== storage.elements)) {
      throw malformed(file, `The pickle describes storage ${storage.key} in two ways.`);
    }
    storages.set(storage.key, storage);
  });
  let end = 0;
  const next = (): Value => {
    const pickle = unpickle(bytes, end, host);
    end = pickle.end;
    return pickle.value;
  };
  if (next() !== MAGIC) {
    throw malformed(
      file,
      'This is a pickle, but not one of torch.save.',
      'Load it in Python and save the weights: torch.save(state_dict, path).',
    );
  }
  const version = next();
  if (version !== PROTOCOL_VERSION) throw malformed(file, `The torch.save protocol is ${String(version)}, not ${PROTOCOL_VERSION}.`);
  next(); // Sizes and byte order of the writing machine; the numbers are little-endian on every one.
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw malformed(file, 'The list of storages is missing.');
  return { root, keys, storages, end };
}

/** Walks the storages behind the pickles. */
async function placeStorages(source: ByteSource, keys: Value[], storages: Map<string, TorchStorage>, start: number) {
  const file = source.name;
  const places = new Map<string, StorageBytes>();
  let at = start;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (storage === undefined || places.has(key)) throw malformed(file, `Storage ${key} is ${storage ? 'listed twice' : 'not described'}.`);
    const header = await source.read(at, at + 8);
    const view = new DataView(header.buffer, header.byteOffset);
    const elements = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    if (elements !== storage.elements) {
      throw malformed(file, `Storage ${key} has ${elements} elements, the pickle says ${storage.elements}.`);
    }
    const begin = at + 8;
    const size = elements * elementBytes(storage, file);
    at = begin + size;
    if (at > source.size) throw truncated(file, `The file has ${source.size} bytes, but storage ${key} ends at ${at}.`);
    places.set(key, { size, read: (from, to) => source.read(begin + from, begin + to) });
  }
  return places;
}

function elementBytes({ dtype, typeName, key }: TorchStorage, file: string): number {
  if (dtype) return BYTES_PER_ELEMENT[dtype];
  const known: Record<string, number> = { Untyped: 1, ComplexFloat: 8, ComplexDouble: 16, QInt8: 1, QUInt8: 1, QInt32: 4 };
  const bytes = Object.hasOwn(known, typeName) ? known[typeName] : undefined;
  if (bytes === undefined) throw malformed(file, `Storage ${key} is of type ${typeName}, whose size is not known.`);
  return bytes;
}
