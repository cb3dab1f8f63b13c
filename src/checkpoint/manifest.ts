/**
 * The manifest of a converted model (docs/convert.md), and any other JSON with TF.js' `weightsManifest`. Pure.
 * Layout: groups of tensors, concatenated without gaps and cut into files.
 * https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-core/src/io/types.ts
 */

import type { Preprocess } from '../api/types.ts';
import type { Arch } from '../arch/index.ts';
import { product } from '../graph/shape.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount, isEdges, isReal } from '../util/limits.ts';
import { show, textOf } from '../util/show.ts';
import { isObject } from './card.ts';
import { malformed } from './fail.ts';

export const MANIFEST_FORMAT = 'resnet-webgpu';
/** Increases when older readers would misread the rest. */
export const MANIFEST_VERSION = 1;

/** A tensor as TF.js describes it, little-endian. */
export interface WeightsEntry {
  /** Key of the tensor. */
  name: string;
  /** Length of each axis. */
  shape: number[];
  /** The number type that a reader gets. */
  dtype: 'float32' | 'int32' | 'bool';
  /** Stored as `dtype`. A quantised number is `stored * scale + min`, a float16 is the number itself. */
  quantization?: {
    /** How it is stored. */
    dtype: 'uint8' | 'uint16' | 'float16';
    /** Factor. Default 1. */
    scale?: number;
    /** Summand. Default 0. */
    min?: number;
  };
  /** Only in this library's manifests: names a tensor with one more factor for each output channel. TF.js only has one factor for a tensor. */
  channelScale?: string;
}

export interface WeightsGroup {
  paths: string[];
  weights: WeightsEntry[];
}

export interface Shard {
  path: string;
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
}

/** Some outputs of the network for a seeded input. selfTest compares them with its own. */
export interface GoldenRecord {
  /** Seed of seededInput. */
  seed: number;
  inputShape: number[];
  /** Every `step`-th number of these nodes' values, row-major NCHW. */
  outputs: { node: string; step: number; values: number[] }[];
}

/** A batch norm that was folded into the weights before it. */
export interface FoldedNorm {
  channels: number;
  /** Tensor with the values that it adds. Absent if the layer before has a bias, which then includes them. */
  shift?: string;
}

/** What a converted model says besides its tensors. */
export interface ModelCard {
  arch: Arch;
  numClasses?: number;
  /** [height, width] */
  inputSize: [number, number];
  preprocess: Preprocess;
  labels?: string[];
  golden?: GoldenRecord;
}

export interface Manifest extends ModelCard {
  format: typeof MANIFEST_FORMAT;
  formatVersion: typeof MANIFEST_VERSION;
  generatedBy: string;
  dtype: 'f32' | 'f16' | 'int8';
  /** For every path of `weightsManifest`, in order. */
  shards: Shard[];
  /** By the norm's layer path. */
  folded: Record<string, FoldedNorm>;
  weightsManifest: WeightsGroup[];
}

/** A manifest whose parts are consistent. */
export interface ParsedManifest {
  groups: (WeightsGroup & { bytes: number })[];
  /** By path. Absent for a TF.js manifest, which has neither lengths nor hashes. */
  shards: Map<string, Shard>;
  folded: Record<string, FoldedNorm>;
  /** Absent for a TF.js manifest. */
  card?: ModelCard;
}

const WIDTHS = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

const CONVERT_AGAIN = 'Convert the checkpoint again with `npx resnet-webgpu convert`; the manifest is not to be edited by hand.';

/** A graph, or Keras layers. Weights that TF.js saved without a model have no topology, or an empty one. */
function holdsProgram(topology: unknown): boolean {
  return isObject(topology) && (Array.isArray(topology.node) || topology.model_config !== undefined);
}

/** Bytes of a tensor in its stored form. */
export function storedBytes({ shape, dtype, quantization }: WeightsEntry): number {
  return product(shape) * WIDTHS[quantization?.dtype ?? dtype];
}

/** @throws ResnetError `checkpoint-format`, `unsupported` for a newer version */
export function parseManifest(text: string, file: string): ParsedManifest {
  const json = parseJson(text, file);
  const own = isObject(json) && json.format === MANIFEST_FORMAT ? json : undefined;
  if (own && own.formatVersion !== MANIFEST_VERSION) {
    throw new ResnetError(
      'unsupported',
      `The model has format version ${show(own.formatVersion)}, but this library reads ${MANIFEST_VERSION}.`,
      {
        layer: file,
        hint: 'Update the library, or convert the checkpoint again.',
      },
    );
  }
  const list = Array.isArray(json) ? json : isObject(json) ? json.weightsManifest : undefined;
  if (!Array.isArray(list) || list.length === 0) {
    const hint = 'Pass the address of a manifest.json that `resnet-webgpu convert` wrote, or of a checkpoint file.';
    throw malformed(file, 'The JSON lists no weights (weightsManifest).', hint);
  }
  if (isObject(json) && holdsProgram(json.modelTopology)) {
    const hint = 'Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves.';
    throw malformed(file, 'The file is a model of TensorFlow.js. Its weights have other names and axes, and norms may be folded in.', hint);
  }
  const names = new Set<string>();
  const groups = list.map((group) => parseGroup(group, names, file));
  if (!own) return { groups, shards: new Map(), folded: {} };
  return {
    groups,
    shards: parseShards(own.shards, groups, file),
    folded: parseFolded(own.folded, names, file),
    card: parseCard(own, file),
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const isPage = /^\s*</.test(text);
    throw malformed(
      file,
      isPage ? 'The server sent a web page, not a manifest.' : 'The manifest is not JSON.',
      'Check the address: it should lead to the folder that `resnet-webgpu convert` wrote, or to the manifest.json in it.',
    );
  }
}

function parseGroup(group: unknown, names: Set<string>, file: string): WeightsGroup & { bytes: number } {
  const { paths, weights } = isObject(group) ? group : {};
  if (!isStrings(paths) || !Array.isArray(weights)) throw malformed(file, 'A group of weights lacks paths or weights.', CONVERT_AGAIN);
  const entries = weights.map((entry): WeightsEntry => {
    const { name, shape, dtype, quantization, channelScale } = (isObject(entry) ? entry : {}) as Partial<WeightsEntry>;
    if (typeof name !== 'string' || !isSizes(shape))
      throw malformed(file, `The weight ${textOf(name)} has no name or no shape.`, CONVERT_AGAIN);
    const quantized = quantization !== undefined && quantization !== null;
    if (quantized && !isQuantization(quantization))
      throw malformed(file, `The weight ${name} is quantized by ${show(quantization)}.`, CONVERT_AGAIN);
    if (channelScale !== undefined && typeof channelScale !== 'string')
      throw malformed(file, `The weight ${name} is scaled by ${show(channelScale)}.`, CONVERT_AGAIN);
    const stored = textOf(quantized ? quantization.dtype : dtype);
    if (!['float32', 'int32', 'bool'].includes(textOf(dtype)) || !Object.hasOwn(WIDTHS, stored)) {
      throw new ResnetError('unsupported', `The tensor has dtype ${stored}.`, { layer: name, hint: 'Save it as float32.' });
    }
    if (names.has(name)) throw malformed(file, `The manifest names ${name} twice.`, CONVERT_AGAIN);
    names.add(name);
    return { name, shape, dtype: dtype ?? 'float32', quantization: quantized ? quantization : undefined, channelScale };
  });
  return { paths, weights: entries, bytes: entries.reduce((sum, entry) => sum + storedBytes(entry), 0) };
}

function parseShards(list: unknown, groups: ParsedManifest['groups'], file: string): Map<string, Shard> {
  const shards = new Map<string, Shard>();
  for (const shard of Array.isArray(list) ? list : []) {
    const { path, bytes, sha256 } = (isObject(shard) ? shard : {}) as Partial<Shard>;
    if (typeof path !== 'string' || !isSizes([bytes]) || !/^[0-9a-f]{64}$/i.test(textOf(sha256))) {
      throw malformed(file, `The shard ${textOf(path)} lacks path, bytes or sha256.`, CONVERT_AGAIN);
    }
    shards.set(path, shard as Shard);
  }
  for (const { paths, bytes } of groups) {
    const missing = paths.find((path) => !shards.has(path));
    if (missing !== undefined) throw malformed(file, `The manifest lacks length and hash of ${missing}.`, CONVERT_AGAIN);
    const total = paths.reduce((sum, path) => sum + (shards.get(path)?.bytes ?? 0), 0);
    if (total !== bytes) throw malformed(file, `The shards have ${total} bytes, but their tensors take ${bytes}.`, CONVERT_AGAIN);
  }
  return shards;
}

function parseFolded(folded: unknown, names: Set<string>, file: string): Record<string, FoldedNorm> {
  for (const [norm, entry] of Object.entries(isObject(folded) ? folded : {})) {
    const { channels, shift } = (isObject(entry) ? entry : {}) as Partial<FoldedNorm>;
    // Tensors of this size are made from it.
    const ok = isCount(channels, 'channels') && (shift === undefined || names.has(shift));
    if (!ok) throw malformed(file, `The folded norm ${norm} has no channels, or its shift is not a tensor.`, CONVERT_AGAIN);
  }
  return isObject(folded) ? (folded as Record<string, FoldedNorm>) : {};
}

function parseCard(own: Record<string, unknown>, file: string): ModelCard {
  const { arch, numClasses, inputSize, preprocess, labels, golden } = own as Partial<ModelCard>;
  const faults = {
    arch: typeof arch !== 'string' && !isObject(arch),
    numClasses: numClasses !== undefined && !isCount(numClasses, 'classes', 0),
    inputSize: !isEdges(inputSize),
    preprocess: !isObject(preprocess),
    labels: labels !== undefined && !isStrings(labels),
    golden: golden !== undefined && !isGolden(golden),
  };
  const fault = Object.entries(faults).find(([, wrong]) => wrong)?.[0];
  if (fault) throw malformed(file, `The manifest has no valid ${fault}.`, CONVERT_AGAIN);
  return { arch, numClasses, inputSize, preprocess, labels, golden } as ModelCard;
}

function isGolden(golden: unknown): boolean {
  const { seed, inputShape, outputs } = (isObject(golden) ? golden : {}) as Partial<GoldenRecord>;
  return (
    isSizes([seed]) &&
    isSizes(inputShape) &&
    inputShape.length === 4 &&
    !inputShape.includes(0) &&
    product(inputShape) <= 2 ** 24 &&
    Array.isArray(outputs) &&
    outputs.every(
      (output: unknown) =>
        isObject(output) &&
        typeof output.node === 'string' &&
        isCount(output.step, 'elements') &&
        Array.isArray(output.values) &&
        output.values.every(Number.isFinite),
    )
  );
}

/** Whether its dtype is known is checked elsewhere. */
function isQuantization({ scale = 1, min = 0 }: { scale?: unknown; min?: unknown }): boolean {
  return isReal(scale, 'elements') && isReal(min, 'elements');
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0) && Number.isSafeInteger(product(value));
}
