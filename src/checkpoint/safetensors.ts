/**
 * safetensors: 8 bytes header length (little-endian), JSON header, raw data without gaps.
 * Format: https://github.com/huggingface/safetensors#format
 */

import { product } from '../graph/shape.ts';
import { ResnetError } from '../util/errors.ts';
import type { ByteSource } from './byte-source.ts';
import { BYTES_PER_ELEMENT, isDType, toFloat32 } from './dtype.ts';
import { malformed, truncated } from './fail.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

export interface TensorFile extends Pick<Checkpoint, 'tree' | 'modules'> {
  tensors: Map<string, CheckpointTensor>;
  metadata: Record<string, unknown>;
}

/** Header length in the first bytes, if they may be the start of a safetensors file. */
export function safetensorsHeaderBytes(head: Uint8Array): number | undefined {
  if (head.length < 9 || head[8] !== 0x7b) return undefined;
  const view = new DataView(head.buffer, head.byteOffset);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  return length <= MAX_HEADER_BYTES ? length : undefined;
}

export async function readSafetensors(source: ByteSource, headerBytes: number): Promise<TensorFile> {
  const file = source.name;
  const dataStart = 8 + headerBytes;
  const text = new TextDecoder().decode(await source.read(8, dataStart));
  const header = parseHeader(text, file);
  const tensors = new Map<string, CheckpointTensor>();
  const ranges: [begin: number, end: number, name: string][] = [];
  let metadata: Record<string, unknown> = {};
  let offsetKeys = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === 'data_offsets') offsetKeys++;
    if (name === '__metadata__') {
      if (isObject(entry)) metadata = entry;
      if (Object.hasOwn(metadata, 'data_offsets')) offsetKeys++;
      continue;
    }
    offsetKeys++;
    const { dtype, shape, begin, end } = parseEntry(name, entry, file);
    if (dataStart + end > source.size) {
      throw truncated(file, `The file has ${source.size} bytes, but ${name} ends at ${dataStart + end}.`);
    }
    ranges.push([begin, end, name]);
    tensors.set(name, {
      dtype,
      shape,
      async read() {
        return { data: toFloat32(await source.read(dataStart + begin, dataStart + end), dtype), shape: [...shape] };
      },
    });
  }
  // JSON.parse silently keeps the last of two equal keys.
  if ((text.match(/"data_offsets"\s*:/g) ?? []).length !== offsetKeys) {
    throw malformed(file, 'The header names a tensor twice.');
  }
  checkCoverage(ranges, source.size - dataStart, file);
  return { tensors, metadata };
}

function parseHeader(text: string, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    // Reported below.
  }
  if (!isObject(header)) throw malformed(file, 'The safetensors header is not a JSON object.');
  return header;
}

function parseEntry(name: string, entry: unknown, file: string) {
  const { dtype: label, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof label !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw malformed(file, `The header entry of ${name} lacks dtype, shape or data_offsets.`);
  }
  const dtype = label.toLowerCase();
  if (!isDType(dtype)) {
    throw new ResnetError('unsupported', `The tensor has dtype ${label}.`, {
      layer: name,
      hint: 'Convert it to F32, F16 or BF16 before saving.',
    });
  }
  const [begin, end] = offsets as [number, number];
  const bytes = product(shape) * BYTES_PER_ELEMENT[dtype];
  if (end - begin !== bytes) {
    throw malformed(file, `${name} is ${label} of shape [${shape.join(', ')}], ${bytes} bytes, but its data has ${end - begin}.`);
  }
  return { dtype, shape, begin, end };
}

/** The data must be covered exactly. A gap or an overlap means that header and data do not belong together. */
function checkCoverage(ranges: [number, number, string][], dataBytes: number, file: string): void {
  let at = 0;
  for (const [begin, end, name] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at) {
      throw malformed(
        file,
        `The data of ${name} starts at ${begin}, ${begin < at ? 'inside' : 'after a gap after'} another tensor's, which ends at ${at}.`,
      );
    }
    at = end;
  }
  if (at !== dataBytes) throw malformed(file, `The tensors take ${at} bytes, but the file holds ${dataBytes}.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
