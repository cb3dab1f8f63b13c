/**
 * NumPy's files: .npy, and .npz, which is a zip of them. Fetched for such files.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */

import type { ByteSource } from './byte-source.ts';
import { contents } from './contents.ts';
import { malformed } from './fail.ts';
import { type ArrayHeader, arrayOf } from './numpy-array.ts';
import { unpickle, type Value } from './pickle.ts';
import { nestingHost } from './pytorch-legacy.ts';
import type { TensorFile } from './safetensors.ts';
import type { ZipEntry } from './zip.ts';

const MAGIC = '\x93NUMPY';
/** NumPy itself refuses longer ones. */
const MAX_HEADER_BYTES = 10_000;

export function isNpz(entries: ReadonlyMap<string, ZipEntry>): boolean {
  return entries.size > 0 && [...entries.keys()].every((name) => name.endsWith('.npy'));
}

export async function readNpz(entries: ReadonlyMap<string, ZipEntry>, file: string): Promise<TensorFile> {
  const root = new Map<Value, Value>();
  for (const [name, entry] of entries)
    root.set(name.slice(0, -'.npy'.length), parseNpy(await entry.read(0, entry.size), `${file}: ${name}`));
  return contents(root, file);
}

/** An array of objects usually contains one pickled dict: `numpy.save(path, state_dict)`. */
export async function readNpy(source: ByteSource): Promise<TensorFile> {
  return contents(parseNpy(await source.read(0, source.size), source.name), source.name);
}

function parseNpy(bytes: Uint8Array, file: string): Value {
  const { header, end } = parseHeader(bytes, file);
  if (header.dtype.includes('O')) return unpickle(bytes, end, nestingHost(file)).value;
  return arrayOf(header, bytes.subarray(end), file);
}

function parseHeader(bytes: Uint8Array, file: string): { header: ArrayHeader; end: number } {
  const bad = () => malformed(file, 'The header of a NumPy array is damaged.');
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== MAGIC) throw bad();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = view.getUint8(6) === 1 ? 10 : 12;
  const length = start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES || start + length > bytes.length) throw bad();
  // A Python dict, always in the same form: {'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 7, 7), }
  const text = new TextDecoder().decode(bytes.subarray(start, start + length));
  const dtype = /'descr': *'([^']*)'/.exec(text)?.[1];
  const shape = /'shape': *\(([\d, L]*)\)/.exec(text)?.[1];
  if (dtype === undefined || shape === undefined) throw bad();
  const sizes = shape.split(',').map((size) => size.replace('L', '').trim());
  const header = { dtype, fortran: /'fortran_order': *True/.test(text), shape: sizes.filter(Boolean).map(Number) };
  return { header, end: start + length };
}
