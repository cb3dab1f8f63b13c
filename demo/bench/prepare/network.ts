/** A network with weights, an input and the expected logits. */
import { type Arch, resolveArch } from '../../../src/arch/index.ts';
import { bindCheckpoint } from '../../../src/checkpoint/bind.ts';
import { readCheckpoint } from '../../../src/checkpoint/read.ts';
import type { Checkpoint } from '../../../src/checkpoint/types.ts';
import { forward } from '../../../src/convert/forward.ts';
import type { Graph } from '../../../src/graph/types.ts';
import { seededInput } from '../../../src/inspect/seeded.ts';
import { safetensors } from '../../../test/support/safetensors-writer.ts';
import { type Golden, goldenCase } from './golden.ts';

// Guessing loads all architectures. With a name, only the needed ones are fetched.
const guessing = () => import('../../../src/checkpoint/guess.ts');
const randomWeights = () => import('../../../src/checkpoint/random.ts');

export interface NetworkRequest {
  model: string;
  weights: string;
  seed: number;
  batch: number;
  size: number | undefined;
}

export interface Network {
  arch: Arch;
  graph: Graph;
  /** A checkpoint like a user's. */
  bytes: Uint8Array<ArrayBuffer>;
  checkpoint: Checkpoint;
  /** In words. */
  weights: string;
  input: { data: Float32Array<ArrayBuffer>; shape: number[] };
  logits: Float32Array;
  /** Where the expected logits are from. */
  reference: 'PyTorch' | 'plain JavaScript';
}

export async function prepareNetwork({ model, weights, seed, batch, size }: NetworkRequest): Promise<Network> {
  const golden = weights === 'golden' ? await goldenCase(model) : undefined;
  if (golden) return goldenNetwork(golden, batch, size);
  const isRandom = weights === 'random' || weights === 'golden';
  const bytes = isRandom ? undefined : await download(weights);
  const checkpoint = bytes && (await readCheckpoint(bytes));
  const arch: Arch = model !== '' || !checkpoint ? model : (await guessing()).guessArch(checkpoint).arch;
  const resolved = await resolveArch(arch, { keys: checkpoint?.tensors });
  const [height, width] = size === undefined ? resolved.inputSize : [size, size];
  const shape = [batch, resolved.inputChannels, height, width];
  const graph = resolved.build(shape);
  const random = async () => (await randomWeights()).randomCheckpoint(graph, seed, { zeroInitResidual: resolved.zeroInitResidual });
  const file = bytes ?? (await asSafetensors(await random()));
  const read = checkpoint ?? (await readCheckpoint(file));
  return {
    arch,
    graph,
    bytes: file,
    checkpoint: read,
    weights: isRandom ? `random, seed ${seed}` : weights,
    ...(await computed(resolved.build, read, shape)),
  };
}

async function goldenNetwork(golden: Golden, batch: number, size: number | undefined): Promise<Network> {
  const [images = 1, channels = 3, height = 224, width = 224] = golden.shape;
  const shape = [batch, channels, size ?? height, size ?? width];
  const resolved = await resolveArch(golden.arch);
  const graph = resolved.build(shape);
  const bytes = tensorsAsSafetensors(golden.tensors());
  const checkpoint = await readCheckpoint(bytes);
  const common = { arch: golden.arch, graph, bytes, checkpoint, weights: 'generated, as PyTorch had them' };
  if (size !== undefined && (size !== height || size !== width)) {
    return { ...common, ...(await computed(resolved.build, checkpoint, shape)) };
  }
  const [input, { data: logits }] = [golden.input(), await golden.logits()];
  return {
    ...common,
    input: { data: repeatRows(input, images, batch), shape },
    logits: repeatRows(logits, images, batch),
    reference: 'PyTorch',
  };
}

/** `count` rows of a matrix. Starts again with the first row if there are not enough. */
export function repeatRows(data: Float32Array, rows: number, count: number): Float32Array<ArrayBuffer> {
  const length = data.length / rows;
  const result = new Float32Array(count * length);
  for (let row = 0; row < count; row++) result.set(data.subarray((row % rows) * length, ((row % rows) + 1) * length), row * length);
  return result;
}

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered with ${response.status} ${response.statusText}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function asSafetensors(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: Record<string, { data: Float32Array; shape: number[] }> = {};
  for (const [name, tensor] of checkpoint.tensors) tensors[name] = await tensor.read();
  return tensorsAsSafetensors(tensors);
}

function tensorsAsSafetensors(tensors: Record<string, { data: Float32Array; shape: number[] }>): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors).map(([name, { data, shape }]) => {
    return [name, { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }] as const;
  });
  return safetensors(Object.fromEntries(entries));
}

/** An input, and its logits computed in plain JavaScript. This takes seconds for each image, so a batch repeats one image. */
async function computed(
  build: (shape: readonly number[]) => Graph,
  checkpoint: Checkpoint,
  shape: number[],
): Promise<Pick<Network, 'input' | 'logits' | 'reference'>> {
  const [batch = 1, ...image] = shape;
  const graph = build([1, ...image]);
  const node = graph.outputs.find(({ kind }) => kind === 'logits')?.node;
  if (node === undefined) throw new Error('This network is a bare backbone: it has no logits to compare.');
  const bound = await bindCheckpoint(graph, checkpoint, { arch: 'the benchmark' });
  const read = async (key: string) => (await bound.get(key).read()).data;
  const data = seededInput([1, ...image]);
  const logits = (await forward(graph, read, { data, shape: [1, ...image] }, [node])).get(node);
  if (!logits) throw new Error('The reference gave no logits.');
  return {
    input: { data: repeatRows(data, 1, batch), shape },
    logits: repeatRows(logits.data, 1, batch),
    reference: 'plain JavaScript',
  };
}
