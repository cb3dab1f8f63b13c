/**
 * torch.save before 1.6 (and `_use_new_zipfile_serialization=False`): five pickles in a row (magic number, protocol version, system,
 * the object, storage keys), then for each key an int64 element count and the raw little-endian numbers.
 */

import { ResnetError } from '../util/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { contents } from './contents.ts';
import { BYTES_PER_ELEMENT } from './dtype.ts';
import { malformed, truncated } from './fail.ts';
import { Opaque, type PickleHost, unpickle, type Value } from './pickle.ts';
import type { TensorFile } from './safetensors.ts';
import { TorchStorage, torchHost } from './torch-pickle.ts';
import type { StorageBytes } from './torch-tensor.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
/** The magic number's pickle is shorter than this in any protocol. */
const MAGIC_BYTES = 64;
const PROTOCOL_VERSION = 1001;
/** No header has the pickles' length. Reads this much, and then four times as much until they are complete. */
const FIRST_READ_BYTES = 2 ** 20;

interface Pickles {
  root: Value;
  keys: Value[];
  storages: Map<string, TorchStorage>;
  /** Where the storages begin. */
  end: number;
}

export async function readPytorchLegacy(source: ByteSource): Promise<TensorFile> {
  const file = source.name;
  const pickles = await readPickles(source);
  const places = await placeStorages(source, pickles);
  return contents(pickles.root, file, ({ storage }) => places.get(storage.key));
}

/** @param head the first bytes of the file */
export function isPytorchLegacy(head: Uint8Array): boolean {
  const host = torchHost('');
  try {
    return unpickle(head.subarray(0, MAGIC_BYTES), 0, host).value === MAGIC;
  } catch {
    return false;
  }
}

/** The result of `torch.storage._load_from_bytes`: a storage that the pickle contains as a file of torch.save. */
export function loadStorage(bytes: Uint8Array, file: string): Value {
  const { root, keys, storages, end } = parsePickles(bytes, file);
  if (!(root instanceof TorchStorage) || keys.length !== 1 || storages.size !== 1) return new Opaque('torch.storage._load_from_bytes');
  const { key, typeName, elements, start } = root;
  const content = bytes.subarray(end + 8, end + 8 + elements * elementBytes(root, file));
  if (bytes.length < end + 8 || content.length < elements * elementBytes(root, file)) {
    throw truncated(file, `The pickle holds a storage of ${elements} elements in ${bytes.length - end} bytes.`);
  }
  checkCount(root, bytes, end, file);
  return new TorchStorage(key, typeName, elements, start, content);
}

/** The host for a file whose pickle may contain storages. */
export function nestingHost(file: string, options: Parameters<typeof torchHost>[1] = {}): PickleHost {
  return torchHost(file, { ...options, loadBytes: (bytes) => loadStorage(bytes, file) });
}

async function readPickles(source: ByteSource): Promise<Pickles> {
  for (let size = FIRST_READ_BYTES; ; size *= 4) {
    const whole = size >= source.size;
    const bytes = await source.read(0, whole ? source.size : size);
    try {
      return parsePickles(bytes, source.name, nestingHost);
    } catch (error) {
      if (whole || !(error instanceof ResnetError) || error.code !== 'checkpoint-truncated') throw error;
    }
  }
}

/** @param makeHost host for the object's pickle. A storage in a pickle cannot contain another one */
function parsePickles(bytes: Uint8Array, file: string, makeHost: typeof nestingHost = torchHost): Pickles {
  const storages = new Map<string, TorchStorage>();
  const host = makeHost(file, {
    onStorage(storage) {
      const known = storages.get(storage.key);
      if (known && (known.typeName !== storage.typeName || known.elements !== storage.elements)) {
        throw malformed(file, `The pickle describes storage ${storage.key} in two ways.`);
      }
      storages.set(storage.key, storage);
    },
  });
  let end = 0;
  const next = (): Value => {
    const pickle = unpickle(bytes, end, host);
    end = pickle.end;
    return pickle.value;
  };
  if (next() !== MAGIC) throw malformed(file, 'The magic number of torch.save is missing.');
  const version = next();
  if (version !== PROTOCOL_VERSION) throw malformed(file, `The torch.save protocol is ${String(version)}, not ${PROTOCOL_VERSION}.`);
  next(); // Sizes and byte order of the writing machine. The numbers are always little-endian
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw malformed(file, 'The list of storages is missing.');
  return { root, keys, storages, end };
}

/** Visits the storages after the pickles. */
async function placeStorages(source: ByteSource, { keys, storages, end }: Pickles): Promise<Map<string, StorageBytes>> {
  const file = source.name;
  const places = new Map<string, StorageBytes>();
  let at = end;
  for (const key of keys.map(String)) {
    const storage = storages.get(key);
    if (storage === undefined || places.has(key)) throw malformed(file, `Storage ${key} is ${storage ? 'listed twice' : 'not described'}.`);
    const elements = checkCount(storage, await source.read(at, at + 8), 0, file);
    const begin = at + 8;
    const size = elements * elementBytes(storage, file);
    at = begin + size;
    if (at > source.size) throw truncated(file, `The file has ${source.size} bytes, but storage ${key} ends at ${at}.`);
    places.set(key, { size, read: (from, to) => source.read(begin + from, begin + to) });
  }
  return places;
}

function checkCount({ key, elements }: TorchStorage, bytes: Uint8Array, at: number, file: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  if (found !== elements) throw malformed(file, `Storage ${key} has ${found} elements, the pickle says ${elements}.`);
  return found;
}

function elementBytes({ dtype, typeName, key }: TorchStorage, file: string): number {
  if (dtype) return BYTES_PER_ELEMENT[dtype];
  const known: Record<string, number> = { Untyped: 1, ComplexFloat: 8, ComplexDouble: 16, QInt8: 1, QUInt8: 1, QInt32: 4 };
  const bytes = Object.hasOwn(known, typeName) ? known[typeName] : undefined;
  if (bytes === undefined) throw malformed(file, `Storage ${key} is of type ${typeName}, whose size is not known.`);
  return bytes;
}
