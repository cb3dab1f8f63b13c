/**
 * `resnet-webgpu/tfjs`: weights in TensorFlow.js' layout, with PyTorch's names. Numbers are read and written here.
 * `@tensorflow/tfjs-core`, which you install, is only loaded for addresses that need one of its handlers, such as
 * `indexeddb://` and `localstorage://`.
 *
 * `resnet-webgpu convert` writes this layout, too. loadModel reads such models by their address, without this module.
 */

import type { Bytes } from '../api/bytes.ts';
import { sourceOf } from '../checkpoint/byte-source.ts';
import { storedBytes, type WeightsEntry } from '../checkpoint/manifest.ts';
import { manifestCheckpoint } from '../checkpoint/manifest-tensors.ts';
import { openWeights } from '../checkpoint/open.ts';
import { finish } from '../checkpoint/read.ts';
import type { Checkpoint, CheckpointTensor, DType } from '../checkpoint/types.ts';
import { ShardWriter } from '../convert/shards.ts';
import { ResnetError } from '../util/errors.ts';

export type { Bytes } from '../api/bytes.ts';
export type { WeightsEntry } from '../checkpoint/manifest.ts';
export type { Checkpoint } from '../checkpoint/types.ts';

/** The weights of a tf.io.ModelArtifacts: the numbers of all tensors, little-endian, in the order of the specs. */
export interface TfjsArtifacts {
  /** One for each tensor. */
  weightSpecs: WeightsEntry[];
  /** The numbers. */
  weightData: ArrayBuffer;
  /** Always `weights`, since there is no graph. */
  format: string;
  /** The program that wrote it. */
  generatedBy: string;
  /** Always null, since nothing was converted. */
  convertedBy: null;
}

/** A tf.io.ModelArtifacts, as TF.js' loaders return it. */
export interface LoadedArtifacts {
  /** One for each tensor. */
  weightSpecs?: {
    /** Key of the tensor. */
    name: string;
    /** Length of each axis. */
    shape: number[];
    /** `float32`, `int32` or `bool`. Text tensors are refused. */
    dtype: string;
    /** How the numbers are stored, if they are quantised. */
    quantization?: object;
  }[];
  /** The numbers, in one or several parts. */
  weightData?: ArrayBuffer | ArrayBuffer[];
  /** The numbers as a stream, instead of `weightData`. */
  getWeightStream?: () => ReadableStream<ArrayBuffer>;
}

/** A tf.io.IOHandler. */
export interface TfjsHandler {
  /** Loads weights, if the handler can. */
  load?(): Promise<LoadedArtifacts>;
  /** Saves weights, if the handler can. */
  save?(artifacts: TfjsArtifacts): Promise<unknown>;
}

/** A tf.Tensor. */
export interface TfjsTensor {
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** `float32`, `int32` or `bool`. */
  readonly dtype: string;
  /** The numbers. */
  data(): Promise<Float32Array | Int32Array | Uint8Array | string[]>;
}

/**
 * Where weights are: an address (https: or one of TF.js, such as `indexeddb://name`), a handler (`tf.io.browserFiles(files)`),
 * artifacts in memory, or tensors by name.
 */
export type TfjsSource = string | TfjsHandler | LoadedArtifacts | Record<string, TfjsTensor>;

/** A checkpoint as TF.js' files. */
export interface TfjsFiles {
  /** Content of model.json. */
  modelJson: {
    /** Always `weights`, since there is no graph. */
    format: string;
    /** The program that wrote it. */
    generatedBy: string;
    /** Always null, since nothing was converted. */
    convertedBy: null;
    /** The files, and the tensors in each. */
    weightsManifest: {
      /** Names of the files, in order. */
      paths: string[];
      /** One for each tensor. */
      weights: WeightsEntry[];
    }[];
  };
  /** The files next to model.json. */
  shards: {
    /** Name of the file. */
    path: string;
    /** Its content. */
    data: Bytes;
  }[];
}

const FORMAT = { format: 'weights', generatedBy: 'resnet-webgpu', convertedBy: null };

/**
 * Reads weights that TF.js saved, for `loadModel({ arch, weights })`. Quantised weights are expanded.
 * @throws {ResnetError} `usage` if TF.js is needed but missing, or has no handler for the address; `unsupported` for text tensors; `network`,
 * `integrity` and `checkpoint-format` for files at an address
 * @example
 * ```ts
 * import { loadModel } from 'resnet-webgpu';
 * import { readTfjsWeights } from 'resnet-webgpu/tfjs';
 *
 * const weights = await readTfjsWeights('indexeddb://resnet18'); // saved by saveTfjsWeights
 * const model = await loadModel({ arch: 'resnet18', weights });
 * ```
 */
export async function readTfjsWeights(source: TfjsSource): Promise<Checkpoint> {
  if (typeof source === 'string') {
    if (!isForTfjs(source)) return (await openWeights(source, {})).checkpoint;
    return fromArtifacts(await call(await handlerFor(source, 'load'), 'load'));
  }
  if ('load' in source && typeof source.load === 'function') return fromArtifacts(await source.load());
  if ('weightSpecs' in source) return fromArtifacts(source as LoadedArtifacts);
  return fromTensors(source as Record<string, TfjsTensor>);
}

/**
 * A checkpoint in the form in which TF.js holds weights in memory. `tf.io.decodeWeights(weightData, weightSpecs)` returns its tensors.
 * @throws {ResnetError} `checkpoint-truncated`, `network`, `integrity` if the checkpoint cannot be read
 * @example
 * ```ts
 * import { readCheckpoint } from 'resnet-webgpu';
 * import { toTfjsArtifacts } from 'resnet-webgpu/tfjs';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet18.pth')).blob());
 * const { weightSpecs, weightData } = await toTfjsArtifacts(checkpoint);
 * ```
 */
export async function toTfjsArtifacts({ tensors }: Checkpoint): Promise<TfjsArtifacts> {
  const weightSpecs = [...tensors].map(([name, { shape, dtype }]): WeightsEntry => ({ name, shape: [...shape], dtype: tfjsType(dtype) }));
  const bytes = new Uint8Array(weightSpecs.reduce((sum, spec) => sum + storedBytes(spec), 0));
  let at = 0;
  for (const tensor of tensors.values()) {
    const part = await bytesOf(tensor);
    bytes.set(part, at);
    at += part.length;
  }
  return { ...FORMAT, weightSpecs, weightData: bytes.buffer };
}

/** Options of `toTfjsFiles`. */
export interface TfjsFilesOptions {
  /** Largest size of a file in bytes. Default 4 MiB. */
  shardBytes?: number;
}

/**
 * A checkpoint as files for TF.js. `tf.io.loadWeights(modelJson.weightsManifest, folder)` reads them, and so does loadModel.
 * @throws {ResnetError} `checkpoint-truncated`, `network`, `integrity` if the checkpoint cannot be read
 * @example
 * ```ts
 * import { readCheckpoint } from 'resnet-webgpu';
 * import { toTfjsFiles } from 'resnet-webgpu/tfjs';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet18.pth')).blob());
 * const { modelJson, shards } = await toTfjsFiles(checkpoint);
 * console.log(JSON.stringify(modelJson), shards.map(({ path }) => path));
 * ```
 */
export async function toTfjsFiles(checkpoint: Checkpoint, { shardBytes }: TfjsFilesOptions = {}): Promise<TfjsFiles> {
  const { weightSpecs, weightData } = await toTfjsArtifacts(checkpoint);
  const writer = new ShardWriter(shardBytes);
  writer.append(new Uint8Array(weightData));
  const shards = writer.finish().map((data, i, all) => ({ path: `group1-shard${i + 1}of${all.length}.bin`, data }));
  return { modelJson: { ...FORMAT, weightsManifest: [{ paths: shards.map(({ path }) => path), weights: weightSpecs }] }, shards };
}

/**
 * Saves a checkpoint where TF.js saves models: at an address with a handler (`indexeddb://name`, `downloads://name`), or with a
 * handler. Returns what the handler returns.
 * @throws {ResnetError} `usage` if TF.js is missing or has no handler for the address, and the handler's own errors
 * @example
 * ```ts
 * import { readCheckpoint } from 'resnet-webgpu';
 * import { saveTfjsWeights } from 'resnet-webgpu/tfjs';
 *
 * const checkpoint = await readCheckpoint(await (await fetch('resnet18.pth')).blob());
 * await saveTfjsWeights(checkpoint, 'indexeddb://resnet18');
 * ```
 */
export async function saveTfjsWeights(checkpoint: Checkpoint, destination: string | TfjsHandler): Promise<unknown> {
  const handler = typeof destination === 'string' ? await handlerFor(destination, 'save') : destination;
  return call(handler, 'save', await toTfjsArtifacts(checkpoint));
}

function isForTfjs(address: string): boolean {
  return /^[a-z0-9+.-]{3,}:\/\//i.test(address) && !/^https?:/i.test(address);
}

function call(handler: TfjsHandler, what: 'load'): Promise<LoadedArtifacts>;
function call(handler: TfjsHandler, what: 'save', artifacts: TfjsArtifacts): Promise<unknown>;
function call(handler: TfjsHandler, what: 'load' | 'save', artifacts?: TfjsArtifacts): Promise<unknown> {
  const result = what === 'load' ? handler.load?.() : artifacts && handler.save?.(artifacts);
  if (result) return result;
  throw new ResnetError('usage', `The handler cannot ${what}.`, { layer: 'handler', hint: 'Pass a tf.io.IOHandler that can.' });
}

async function handlerFor(address: string, what: 'load' | 'save'): Promise<TfjsHandler> {
  const { io } = await importTfjs();
  const handlers = what === 'load' ? io.getLoadHandlers(address) : io.getSaveHandlers(address);
  const [handler] = handlers;
  if (handler && handlers.length === 1) return handler as TfjsHandler;
  throw new ResnetError('usage', `TensorFlow.js has ${handlers.length} handlers to ${what} this.`, {
    layer: address,
    hint: 'Pass an address such as indexeddb://name, or a tf.io.IOHandler.',
  });
}

async function importTfjs(): Promise<typeof import('@tensorflow/tfjs-core')> {
  try {
    return await import('@tensorflow/tfjs-core');
  } catch (cause) {
    throw new ResnetError('usage', '@tensorflow/tfjs-core could not be loaded; it is needed for its own kinds of addresses.', {
      layer: 'resnet-webgpu/tfjs',
      hint: 'Install it: npm install @tensorflow/tfjs-core.',
      cause,
    });
  }
}

async function fromArtifacts({ weightSpecs, weightData, getWeightStream }: LoadedArtifacts): Promise<Checkpoint> {
  const parts = weightData === undefined ? getWeightStream && (await chunksOf(getWeightStream())) : [weightData].flat();
  if (!weightSpecs || !parts) {
    throw new ResnetError('usage', 'The artifacts contain no weights (weightSpecs, weightData).', {
      layer: 'artifacts',
      hint: 'Pass what a TF.js handler loads, or a model that was saved with its weights.',
    });
  }
  const text = weightSpecs.find(({ dtype }) => !['float32', 'int32', 'bool'].includes(dtype));
  if (text) throw new ResnetError('unsupported', `The tensor has dtype ${text.dtype}.`, { layer: text.name, hint: 'Save float32.' });
  const weights = weightSpecs as WeightsEntry[];
  const bytes = weights.reduce((sum, entry) => sum + storedBytes(entry), 0);
  const [only = new ArrayBuffer()] = parts;
  const source = parts.length > 1 ? sourceOf(new Blob(parts), 'weights') : sourceOf(only, 'weights');
  return manifestCheckpoint({ groups: [{ paths: [], weights, bytes }], shards: new Map(), folded: {} }, [source], 'weights');
}

async function chunksOf(stream: ReadableStream<ArrayBuffer>): Promise<ArrayBuffer[]> {
  const chunks: ArrayBuffer[] = [];
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) if (value) chunks.push(value);
  return chunks;
}

function fromTensors(source: Record<string, TfjsTensor>): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, tensor] of Object.entries(source)) {
    const dtype = ({ float32: 'f32', int32: 'i32', bool: 'bool' } as const)[tensor?.dtype];
    if (!dtype) {
      throw new ResnetError('usage', `This is not a tensor of numbers (${tensor?.dtype ?? typeof tensor}).`, {
        layer: name,
        hint: 'Pass tf.Tensors by the names that PyTorch gives them.',
      });
    }
    const read = async () => ({ data: Float32Array.from((await tensor.data()) as Float32Array), shape: [...tensor.shape] });
    tensors.set(name, { dtype, shape: tensor.shape, read });
  }
  return finish('tfjs', { tensors, metadata: {} }, 'tensors');
}

/** TF.js has no integers wider than int32. */
function tfjsType(dtype: DType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'bool') return 'bool';
  return /^[iu]/.test(dtype) ? 'int32' : 'float32';
}

async function bytesOf(tensor: CheckpointTensor): Promise<Uint8Array> {
  const { data } = await tensor.read();
  const type = tfjsType(tensor.dtype);
  const numbers = type === 'float32' ? data : type === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
