/** Writes files like torch.save. */
import { Call, concat, Name, PersistentId, pickle } from './pickle-writer.ts';
import { type ZipOptions, zip } from './zip-writer.ts';

export interface StorageSpec {
  key: string;
  /** `Float` for torch.FloatStorage. */
  type: string;
  elements: number;
  bytes: Uint8Array;
}

export interface TensorLayout {
  shape: number[];
  stride?: number[];
  offset?: number;
  /** Legacy only: a window of the storage, (key, first element, elements). */
  view?: [string, number, number];
}

const name = (path: string) => new Name(path.slice(0, path.lastIndexOf('.')), path.slice(path.lastIndexOf('.') + 1));
export const call = (path: string, ...args: unknown[]) => new Call(name(path), args);
export { name };

export function floats(key: string, values: ArrayLike<number>): StorageSpec {
  const data = Float32Array.from(values);
  return { key, type: 'Float', elements: data.length, bytes: new Uint8Array(data.buffer) };
}

export function storageOf(key: string, type: string, data: ArrayBufferView, elements: number): StorageSpec {
  return { key, type, elements, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** A tensor's description in the pickle. */
export function tensor(storage: StorageSpec, { shape, stride = contiguous(shape), offset = 0, view }: TensorLayout, legacy = false): Call {
  const id: unknown[] = ['storage', name(`torch.${storage.type}Storage`), storage.key, 'cpu', storage.elements];
  if (legacy) id.push(view ?? null);
  return call('torch._utils._rebuild_tensor_v2', new PersistentId(id), offset, shape, stride, false, call('collections.OrderedDict'));
}

function contiguous(shape: number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
}

export interface TorchZipOptions extends ZipOptions {
  folder?: string;
  /** Additional entries in the folder. */
  extra?: Record<string, Uint8Array>;
}

export function torchZip(root: unknown, storages: StorageSpec[], { folder = 'archive/', extra = {}, ...options }: TorchZipOptions = {}) {
  const files: Record<string, Uint8Array> = { 'data.pkl': pickle(root), ...extra };
  for (const { key, bytes } of storages) files[`data/${key}`] = bytes;
  return zip(Object.fromEntries(Object.entries(files).map(([path, content]) => [folder + path, content])), options);
}

export function torchLegacy(root: unknown, storages: StorageSpec[]): Uint8Array<ArrayBuffer> {
  const system = { protocol_version: 1001, little_endian: true };
  const parts = [0x1950a86a20f9469cfc6cn, 1001, system, root, storages.map(({ key }) => key)].map(pickle);
  for (const { elements, bytes } of storages) {
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigInt64(0, BigInt(elements), true);
    parts.push(count, bytes);
  }
  return concat(...parts);
}
