/** Brings the tensors of a checkpoint to the parameters of a graph, strictly: whatever does not fit is said, all at once. */
import { ResnetError } from '../errors.ts';
import { product } from '../graph/ops.ts';
import type { Graph, ParameterSpec, Shape } from '../graph/types.ts';
import type { Tensor } from '../types.ts';
import { guessArch } from './guess.ts';
import { matchCheckpoint, type Problem, splitKey } from './match.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

export interface BoundCheckpoint {
  /** By canonical key, in the shape that the graph wants. */
  get(key: string): CheckpointTensor;
  /** Tensors that the network has no use for, by their names in the file. */
  ignoredKeys: string[];
  scheme: NamingScheme;
}

export interface BindOptions {
  /** `false` lets pass what the network has no use for; nothing may be missing or of another shape in any case. */
  strict?: boolean;
  /** What the caller calls the network, for the error. */
  arch: string;
}

/** @throws ResnetError `checkpoint-keys` that lists missing, mis-shaped and unexpected tensors, each with its layer */
export function bindCheckpoint(graph: Graph, checkpoint: Checkpoint, { strict = true, arch }: BindOptions): BoundCheckpoint {
  const { scheme, found, derived, problems, ignoredKeys } = matchCheckpoint(graph, checkpoint, strict);
  if (problems.length) throw mismatch(checkpoint, arch, problems);
  const bound = new Map<string, CheckpointTensor>();
  for (const { key, spec, tensor } of found) bound.set(key, spec.source ? part(tensor, spec.source.start, spec.shape) : tensor);
  for (const { key, spec } of derived) {
    const weight = bound.get(`${splitKey(key)[0]}.weight`);
    if (weight) bound.set(key, statistic(weight, spec));
  }
  return {
    get(key) {
      const tensor = bound.get(key);
      if (tensor) return tensor;
      const hint = 'Use the keys of the graph that the checkpoint was bound to.';
      throw new ResnetError('usage', `no tensor is called '${key}'.`, { layer: splitKey(key)[0], hint });
    },
    ignoredKeys,
    scheme,
  };
}

/** Lines of the message; the error's cause has them all. */
const LISTED = 40;

function mismatch(checkpoint: Checkpoint, arch: string, problems: Problem[]): ResnetError {
  // Shapes say more about what is wrong than names do.
  const order = ['mis-shaped', 'missing', 'unexpected'];
  const sorted = [...problems].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const [first] = sorted;
  const counts = order.map((kind) => [problems.filter((one) => one.kind === kind).length, kind] as const).filter(([count]) => count);
  const byLayer = new Map<string, string[]>();
  for (const problem of sorted) {
    const label = `${problem.kind} [${problem.layer}]`;
    byLayer.set(label, [...(byLayer.get(label) ?? []), brief(problem)]);
  }
  const lines = [...byLayer].map(([label, list]) => `\n  ${label} ${list.join(', ')}`);
  if (lines.length > LISTED) lines.splice(LISTED, Infinity, `\n  and in ${lines.length - LISTED} more layers`);
  const all = problems.length > 1 ? `\nIn all ${counts.map(([count, kind]) => `${count} ${kind}`).join(', ')}:${lines.join('')}\n` : '';
  return new ResnetError('checkpoint-keys', `${first ? sentence(first) : ''}${all}`, {
    layer: first?.layer,
    hint: remedy(checkpoint, arch, problems),
    cause: problems,
  });
}

function sentence({ kind, parameter, shape, wanted, name }: Problem): string {
  if (kind === 'mis-shaped') return `${parameter} is ${size(shape)}, the architecture needs ${size(wanted)}.`;
  return kind === 'missing'
    ? `${parameter} (${size(wanted)}) is missing; the checkpoint has no '${name}'.`
    : `'${name}' (${size(shape)}) is unexpected.`;
}

function brief({ kind, parameter, shape, wanted }: Problem): string {
  return `${parameter} ${kind === 'mis-shaped' ? `${size(shape)} for ${size(wanted)}` : size(shape ?? wanted)}`;
}

function size(shape: Shape = []): string {
  return shape.join('x') || 'scalar';
}

function remedy(checkpoint: Checkpoint, arch: string, problems: Problem[]): string {
  try {
    const guess = guessArch(checkpoint).arch;
    const text = typeof guess === 'string' ? `'${guess}'` : JSON.stringify(guess);
    if (guess !== arch) return `Is this a ${family(guess)} checkpoint? Pass arch: ${text}.`;
    const classes = problems.find(({ layer, kind }) => layer.startsWith('head') && kind === 'mis-shaped')?.shape?.[0];
    if (classes !== undefined) return `Pass numClasses: ${classes}.`;
  } catch {
    // Then there is nothing to suggest.
  }
  if (problems.every(({ kind }) => kind === 'unexpected')) return 'Pass strict: false to ignore what the network has no use for.';
  return 'Pass the arch and numClasses that the checkpoint was trained with, or another file.';
}

/** `resnext` of resnext50_32x4d. */
function family(guess: string | object): string {
  if (typeof guess === 'string') return /^[a-z]+(?:_[a-z]+)*/i.exec(guess)?.[0] ?? guess;
  return String('backbone' in guess ? (guess.backbone as { type: string }).type : 'type' in guess ? guess.type : 'different');
}

function part(tensor: CheckpointTensor, start: number, shape: Shape): CheckpointTensor {
  const read = async (): Promise<Tensor> => ({
    data: (await tensor.read()).data.subarray(start, start + product(shape)),
    shape: [...shape],
  });
  return { dtype: tensor.dtype, shape, read };
}

/** Stands in for ConvAWS' gamma and beta where a checkpoint of an ordinary convolution is loaded: then the weight stays as it is. */
function statistic(weight: CheckpointTensor, { shape, fallback }: ParameterSpec): CheckpointTensor {
  const read = async (): Promise<Tensor> => {
    const { data } = await weight.read();
    const count = shape[0] ?? 1;
    const size = data.length / count;
    const values = Float32Array.from({ length: count }, (_, o) => {
      const channel = data.subarray(o * size, (o + 1) * size);
      const mean = channel.reduce((sum, x) => sum + x, 0) / size;
      return fallback === 'mean' ? mean : Math.sqrt(channel.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (size - 1) + 1e-5);
    });
    return { data: values, shape: [...shape] };
  };
  return { dtype: 'f32', shape, read };
}
