/** Runs one small network on a device. Compares every layer, and the whole run, with plain JavaScript. */
import { bindCheckpoint } from '../../src/checkpoint/bind.ts';
import { forward } from '../../src/convert/forward.ts';
import { buildGraph, type Checkpoint, type Graph, loadModel, type Tensor } from '../../src/index.ts';
import { seededInput } from '../../src/inspect/seeded.ts';
import type { SmallNetwork } from './networks.ts';
import { seededCheckpoint } from './weights.ts';

export type Precision = 'f32' | 'f16';

const SEED = 18;

/** Relative L2 error of the whole network's output, as for converted models (src/inspect/golden-check.ts). */
const TOLERANCE: Record<Precision, number> = { f32: 1e-4, f16: 2e-2 };

/** A compared value. */
export interface Compared {
  /** Layer, or `whole network`. */
  name: string;
  kernel: string;
  /** Relative L2 error. */
  error: number;
  pass: boolean;
}

export interface CheckOptions {
  device: GPUDevice;
  precision: Precision;
  signal?: AbortSignal;
}

/** @throws ResnetError if the network cannot be loaded or run at all */
export async function checkNetwork(
  { arch, input, variants, layers: between = [] }: SmallNetwork,
  options: CheckOptions,
): Promise<Compared[]> {
  const { device, precision, signal } = options;
  const [, height, width] = input;
  const shape = [1, ...input];
  const graph = buildGraph(arch, shape);
  const checkpoint = seededCheckpoint(graph, SEED);
  const tuning = variants && { tuning: { variants } };
  const model = await loadModel({ arch, weights: checkpoint }, { device, precision, inputSize: [height, width], signal, ...tuning });
  try {
    const { pass, layers, firstBad } = await model.selfTest();
    // The library's own report says which layers are bad.
    const allowed = pass ? Number.POSITIVE_INFINITY : Math.min(...layers.filter(({ name }) => name === firstBad).map(({ rel }) => rel));
    const compared = layers.map(({ name, kernel, rel }) => ({ name, kernel, error: rel, pass: rel < allowed }));
    const x = { data: seededInput(shape), shape };
    const wanted = outputsOf(graph);
    const {
      features,
      logits,
      layers: values = {},
    } = await model.run(x, {
      signal,
      features: wanted.stages,
      logits: wanted.logits,
      layers: [...between],
    });
    const actual = [...features, ...(logits ? [logits] : []), ...between.map((name) => values[name])];
    const expected = await reference(graph, checkpoint, x, [...wanted.nodes, ...between]);
    const error = Math.max(...expected.map((tensor, i) => relativeError(actual[i], tensor)));
    return [...compared, { name: 'whole network', kernel: '', error, pass: error <= TOLERANCE[precision] }];
  } finally {
    model.dispose();
  }
}

/** The logits, or every stage if there are none. */
function outputsOf({ outputs }: Graph): { stages: number[]; logits: boolean; nodes: string[] } {
  const logits = outputs.find(({ kind }) => kind === 'logits');
  if (logits) return { stages: [], logits: true, nodes: [logits.node] };
  const maps = outputs.flatMap(({ kind, stage, node }) => (kind === 'feature' && typeof stage === 'number' ? [{ stage, node }] : []));
  maps.sort((a, b) => a.stage - b.stage);
  return { stages: maps.map(({ stage }) => stage), logits: false, nodes: maps.map(({ node }) => node) };
}

async function reference(graph: Graph, checkpoint: Checkpoint, input: Tensor, nodes: readonly string[]): Promise<Tensor[]> {
  const bound = await bindCheckpoint(graph, checkpoint, { arch: 'the check' });
  const values = await forward(graph, async (key) => (await bound.get(key).read()).data, input, nodes);
  return nodes.flatMap((name) => values.get(name) ?? []);
}

export function relativeError(actual: Tensor | undefined, { data }: Tensor): number {
  let squares = 0;
  let norm = 0;
  data.forEach((value, i) => {
    squares += ((actual?.data[i] ?? Number.NaN) - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(squares / (norm || 1));
}
