/** Assigns the tensors of a checkpoint to the parameters of a graph, strictly. One error lists everything that does not fit. */

import type { Tensor } from '../api/types.ts';
import { product } from '../graph/shape.ts';
import type { Graph, ParameterSpec, Shape } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import * as lazy from './lazy.ts';
import { matchCheckpoint, splitKey } from './match.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

/** A checkpoint's tensors under a graph's names. */
export interface BoundCheckpoint {
  /**
   * By canonical key, in the shape that the graph needs.
   * @throws {ResnetError} `usage` for a key that the graph does not have
   */
  get(key: string): CheckpointTensor;
  /** Names in the file of tensors that the network does not use. */
  ignoredKeys: string[];
  /** The library whose names the file uses. */
  scheme: NamingScheme;
}

export interface BindOptions {
  /** `false` allows unused tensors. Missing tensors and wrong shapes are always errors. */
  strict?: boolean;
  /** The caller's name for the network, for the error. */
  arch: string;
}

/** @throws ResnetError `checkpoint-keys` that lists missing, wrongly shaped and unexpected tensors, each with its layer */
export async function bindCheckpoint(graph: Graph, checkpoint: Checkpoint, { strict = true, arch }: BindOptions): Promise<BoundCheckpoint> {
  const { scheme, found, derived, problems, ignoredKeys } = matchCheckpoint(graph, checkpoint, strict);
  if (problems.length) throw (await lazy.mismatches()).mismatch(checkpoint, arch, problems, found);
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

function part(tensor: CheckpointTensor, start: number, shape: Shape): CheckpointTensor {
  const read = async (): Promise<Tensor> => ({
    data: (await tensor.read()).data.subarray(start, start + product(shape)),
    shape: [...shape],
  });
  return { dtype: tensor.dtype, shape, read };
}

/** Replaces ConvAWS's gamma and beta when a checkpoint of an ordinary convolution is loaded. They leave the weight unchanged. */
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
