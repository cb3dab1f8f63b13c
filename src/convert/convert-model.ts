/** From a checkpoint to a converted model: a manifest and its shards (docs/convert.md). Pure: no files, no GPU. */

import type { Assumption, SourceInfo, Tensor } from '../api/types.ts';
import { type BoundCheckpoint, bindCheckpoint } from '../checkpoint/bind.ts';
import { sourceOf } from '../checkpoint/byte-source.ts';
import { MANIFEST_FORMAT, MANIFEST_VERSION, type Manifest, parseManifest, type WeightsEntry } from '../checkpoint/manifest.ts';
import { manifestCheckpoint } from '../checkpoint/manifest-tensors.ts';
import { matchCheckpoint } from '../checkpoint/match.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import { throwIfAborted } from '../util/errors.ts';
import { type NetworkOptions, readNetwork } from './checkpoint-network.ts';
import { foldedTensors, planFolding } from './fold.ts';
import { goldenRecord, goldenShape, type LogitError, logitError, runSeeded } from './golden-record.ts';
import { encode, fitsHalf, type StorageType } from './quantize.ts';
import { describeShards, ShardWriter } from './shards.ts';

export interface ConvertProgress {
  /** Units of progress. `fold`: tensors. `check`: multiply-adds of the runs for the golden record and the error. */
  phase: 'fold' | 'check';
  loaded: number;
  total: number;
}

export interface ConvertOptions extends NetworkOptions {
  /** How weights are stored. Default f32. */
  dtype?: StorageType;
  shardBytes?: number;
  /** Stored in the manifest. */
  generatedBy?: string;
  onProgress?: (progress: ConvertProgress) => void;
  signal?: AbortSignal;
}

export interface ConvertReport {
  arch: string;
  parameters: number;
  /** Number of batch norms that were folded into the weights, and of those that could not be. */
  norms: { folded: number; kept: number };
  /** Total of all shards. */
  bytes: number;
  /** Matrices that float16 cannot represent and that stayed float32. */
  keptFloat32: string[];
  ignoredKeys: string[];
  /** How the checkpoint was read, and what had to be assumed: see `model.info`. */
  source: SourceInfo;
  assumed: Assumption[];
  /** The error that the number type causes, for a seeded input. Absent for f32. */
  error?: LogitError;
}

export interface ConvertedModel {
  manifest: Manifest;
  /** In the order of `manifest.shards`. */
  shards: Uint8Array<ArrayBuffer>[];
  report: ConvertReport;
}

/** @throws ResnetError `checkpoint-keys`, `ambiguous-arch` and the errors of resolveArch; `usage` for labels that do not fit; `aborted` */
export async function convert(file: Checkpoint, options: ConvertOptions = {}): Promise<ConvertedModel> {
  const { dtype = 'f32', onProgress, signal } = options;
  const { arch, archSpec, graph, checkpoint, bound, inputSize, preprocess, labels, ...read } = await readNetwork(
    file,
    options,
    goldenShape,
  );
  const written = await writeTensors(graph, checkpoint, bound, { ...options, dtype });
  const description = await describeShards(written.shards);
  const manifest: Manifest = {
    format: MANIFEST_FORMAT,
    formatVersion: MANIFEST_VERSION,
    generatedBy: options.generatedBy ?? 'resnet-webgpu',
    arch: archSpec,
    numClasses: arch.classes,
    inputSize,
    preprocess,
    labels,
    dtype,
    shards: description,
    folded: written.folding.norms,
    weightsManifest: [{ paths: description.map(({ path }) => path), weights: written.entries }],
  };
  throwIfAborted(signal);

  // Reads the bytes that were written, as a page would.
  const stored = await readBack(manifest, written.shards, graph, arch.name);
  const runs = dtype === 'f32' ? 1 : 2;
  const check = (run: number) => (macs: number) =>
    onProgress?.({ phase: 'check', loaded: run * graph.macs + macs, total: runs * graph.macs });
  const values = await runSeeded(graph, reader(stored), { signal, onProgress: check(0) });
  manifest.golden = goldenRecord(graph, values);
  const error = dtype === 'f32' ? undefined : logitError(values, await runSeeded(graph, reader(bound), { signal, onProgress: check(1) }));
  return {
    manifest,
    shards: written.shards,
    report: {
      arch: arch.name,
      parameters: graph.parameters,
      norms: { folded: Object.keys(written.folding.norms).length, kept: written.folding.kept.length },
      bytes: description.reduce((sum, { bytes }) => sum + bytes, 0),
      keptFloat32: written.keptFloat32,
      ...read,
      error,
    },
  };
}

async function writeTensors(
  graph: Graph,
  checkpoint: Checkpoint,
  bound: BoundCheckpoint,
  { dtype, shardBytes, strict = true, onProgress, signal }: ConvertOptions & { dtype: StorageType },
) {
  const folding = planFolding(graph);
  const writer = new ShardWriter(shardBytes);
  const entries: WeightsEntry[] = [];
  const keptFloat32: string[] = [];
  // A parameter may be a part of a tensor. Then the whole tensor is written. A parameter that the checkpoint lacks is derived.
  const { found } = matchCheckpoint(graph, checkpoint, strict);
  const wholes = new Map(found.map(({ key, tensor }) => [key, tensor]));
  const whole = (key: string): Promise<Tensor> => (wholes.get(key) ?? bound.get(key)).read();
  const total = found.length;
  let loaded = 0;
  for await (const tensor of foldedTensors(graph, bound, whole, folding)) {
    throwIfAborted(signal);
    if (dtype === 'f16' && tensor.isMatrix && !fitsHalf(tensor.data)) keptFloat32.push(tensor.name);
    for (const { entry, bytes } of encode(tensor, dtype)) {
      entries.push(entry);
      writer.append(bytes);
    }
    onProgress?.({ phase: 'fold', loaded: Math.min(++loaded, total), total });
  }
  onProgress?.({ phase: 'fold', loaded: total, total });
  return { shards: writer.finish(), entries, folding, keptFloat32 };
}

async function readBack(manifest: Manifest, shards: Uint8Array[], graph: Graph, arch: string): Promise<BoundCheckpoint> {
  const blob = new Blob(shards as Uint8Array<ArrayBuffer>[]);
  const parsed = parseManifest(JSON.stringify(manifest), 'manifest.json');
  return bindCheckpoint(graph, manifestCheckpoint(parsed, [sourceOf(blob, 'weights')], 'manifest.json'), { arch });
}

function reader(bound: BoundCheckpoint) {
  return async (key: string) => (await bound.get(key).read()).data;
}
