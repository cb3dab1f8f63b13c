/** A network's outputs for a seeded input. They are kept in the manifest, and compared between number types. */

import type { Tensor } from '../api/types.ts';
import type { GoldenRecord } from '../checkpoint/manifest.ts';
import type { Graph } from '../graph/types.ts';
import { DEFAULT_SEED, seededInput } from '../inspect/seeded.ts';
import type { ReadTensor } from '../kernels/lib/pack.ts';
import { type ForwardOptions, forward } from './forward.ts';

/** The size that selfTest uses: the same layers with a twelfth of the work of 224x224. */
const MAX_SIZE = 64;
/** How many numbers of a feature map are kept, and at most how many logits. */
const SAMPLES = 32;
const MAX_LOGITS = 1000;

export interface LogitError {
  /** ||a - b|| / ||b||, L2. */
  relative: number;
  /** Largest absolute error of a single number. */
  largest: number;
  sameTop1: boolean;
}

/** Shape of the input for the record. */
export function goldenShape(channels: number, [h, w]: readonly [number, number]): number[] {
  return [1, channels, Math.min(h, MAX_SIZE), Math.min(w, MAX_SIZE)];
}

/** Every stage's map, and the logits if there are some. */
export async function runSeeded(graph: Graph, read: ReadTensor, options: ForwardOptions): Promise<Map<string, Tensor>> {
  const shape = inputShape(graph);
  const wanted = graph.outputs.flatMap(({ kind, stage, node }) =>
    kind === 'logits' || (kind === 'feature' && stage !== 'img') ? [node] : [],
  );
  const values = await forward(graph, read, { data: seededInput(shape), shape }, wanted, options);
  return new Map(wanted.flatMap((node) => [[node, values.get(node) ?? { data: new Float32Array(), shape: [] }] as const]));
}

export function goldenRecord(graph: Graph, values: ReadonlyMap<string, Tensor>): GoldenRecord {
  const logits = graph.outputs.find(({ kind }) => kind === 'logits')?.node;
  const outputs = [...values].map(([node, { data }]) => {
    const step = Math.max(1, Math.ceil(data.length / (node === logits ? MAX_LOGITS : SAMPLES)));
    // Nine digits are enough to restore every float32.
    const samples = Array.from({ length: Math.ceil(data.length / step) }, (_, i) => Number((data[i * step] ?? 0).toPrecision(9)));
    return { node, step, values: samples };
  });
  return { seed: DEFAULT_SEED, inputShape: inputShape(graph), outputs };
}

/** Error of the logits, or of the last map in a network without logits. */
export function logitError(actual: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): LogitError {
  const [node = ''] = [...expected.keys()].slice(-1);
  const [a, b] = [actual.get(node)?.data ?? new Float32Array(), expected.get(node)?.data ?? new Float32Array()];
  let [squares, norm, largest] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? Number.NaN) - (b[i] ?? 0);
    squares += difference ** 2;
    norm += (b[i] ?? 0) ** 2;
    largest = Math.max(largest, Math.abs(difference));
  }
  const top = (values: Float32Array) => values.reduce((best, value, i) => (value > (values[best] ?? 0) ? i : best), 0);
  return { relative: Math.sqrt(squares / (norm || 1)), largest, sameTop1: top(a) === top(b) };
}

export function inputShape(graph: Graph): number[] {
  return [...(graph.nodes.find(({ op }) => op === 'input')?.shape ?? [])];
}
