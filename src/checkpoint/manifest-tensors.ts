/** The tensors of a weights manifest. They are decoded when read. */

import { product } from '../graph/shape.ts';
import type { ByteSource } from './byte-source.ts';
import { aligned, toFloat32 } from './dtype.ts';
import { malformed } from './fail.ts';
import { type FoldedNorm, type ParsedManifest, storedBytes, type WeightsEntry } from './manifest.ts';
import { finish } from './read.ts';
import type { Checkpoint, CheckpointTensor, DType } from './types.ts';

const DTYPES = { float32: 'f32', int32: 'i32', bool: 'bool', uint8: 'u8', uint16: 'i16', float16: 'f16' } as const satisfies Record<
  string,
  DType
>;

/** @param sources the bytes of each group */
export function manifestCheckpoint({ groups, folded, card }: ParsedManifest, sources: readonly ByteSource[], file: string): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  const scaled: [string, string][] = [];
  for (const [i, { weights }] of groups.entries()) {
    const source = sources[i];
    if (!source) throw malformed(file, `Group ${i} of the weights has no bytes.`);
    let at = 0;
    for (const entry of weights) {
      const end = at + storedBytes(entry);
      tensors.set(entry.name, stored(entry, source, at, end));
      if (entry.channelScale !== undefined) scaled.push([entry.name, entry.channelScale]);
      at = end;
    }
  }
  for (const [name, factor] of scaled) {
    const [values, scale] = [tensors.get(name), tensors.get(factor)];
    if (!values || scale?.shape.length !== 1 || scale.shape[0] !== values.shape[0]) {
      throw malformed(file, `${name} needs one factor for each of its output channels, ${factor} is none.`);
    }
    tensors.set(name, perChannel(values, scale));
  }
  for (const name of new Set(scaled.map(([, factor]) => factor))) tensors.delete(name);
  for (const [norm, entry] of Object.entries(folded)) addIdentity(tensors, norm, entry);
  // Names in this library's manifests are canonical. Those of TF.js may be any library's.
  return card ? { format: 'tfjs', scheme: 'mmpretrain', metadata: {}, tensors } : finish('tfjs', { tensors, metadata: {} }, file);
}

function stored(entry: WeightsEntry, source: ByteSource, begin: number, end: number): CheckpointTensor {
  const { shape, dtype, quantization } = entry;
  const type = DTYPES[quantization?.dtype ?? dtype];
  const decode = (bytes: Uint8Array) => (type === 'u8' || type === 'i16' ? dequantize(bytes, entry) : toFloat32(bytes, type));
  return {
    dtype: entry.channelScale === undefined ? type : 'i8',
    shape,
    read: async () => ({ data: decode(await source.read(begin, end)), shape: [...shape] }),
  };
}

function dequantize(raw: Uint8Array, { dtype, shape, quantization }: WeightsEntry): Float32Array {
  const { scale = 1, min = 0 } = quantization ?? {};
  const wide = quantization?.dtype === 'uint16';
  const bytes = wide ? aligned(raw, 2) : raw;
  const levels = wide ? new Uint16Array(bytes.buffer, bytes.byteOffset, product(shape)) : bytes;
  const values = new Float32Array(levels.length);
  // Plain loops, because for tens of millions of numbers Float32Array.from takes seconds.
  for (let i = 0; i < levels.length; i++) values[i] = (levels[i] as number) * scale + min;
  return dtype === 'float32' ? values : values.map(Math.round);
}

function perChannel(values: CheckpointTensor, scale: CheckpointTensor): CheckpointTensor {
  return {
    ...values,
    async read() {
      const [{ data, shape }, { data: factors }] = [await values.read(), await scale.read()];
      const size = data.length / factors.length;
      const numbers = new Float32Array(data.length);
      for (let o = 0; o < factors.length; o++) {
        const factor = factors[o] as number;
        for (let i = o * size; i < (o + 1) * size; i++) numbers[i] = (data[i] as number) * factor;
      }
      return { data: numbers, shape };
    },
  };
}

/**
 * A norm that only adds `shift`. Its scale, 2^30 / sqrt(2^60 + eps), is exactly 1 for any eps below 128, because the neighbours of 2^60 in
 * float64 are 256 away, and it is exact in float32. A variance of `1 - eps` would be off by 3e-8.
 */
function addIdentity(tensors: Map<string, CheckpointTensor>, norm: string, { channels, shift }: FoldedNorm): void {
  const constant = (value: number): CheckpointTensor => ({
    dtype: 'f32',
    shape: [channels],
    read: async () => ({ data: new Float32Array(channels).fill(value), shape: [channels] }),
  });
  const bias = shift === undefined ? undefined : tensors.get(shift);
  if (shift !== undefined) tensors.delete(shift);
  tensors.set(`${norm}.weight`, constant(2 ** 30));
  tensors.set(`${norm}.bias`, bias ?? constant(0));
  tensors.set(`${norm}.running_mean`, constant(0));
  tensors.set(`${norm}.running_var`, constant(2 ** 60));
}
