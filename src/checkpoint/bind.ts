/** Brings the tensors of a checkpoint to the parameters of a graph, strictly: one error says all that does not fit. */

import type { Tensor } from '../api/types.ts';
import { product } from '../graph/shape.ts';
import type { Graph, ParameterSpec, Shape } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import * as lazy from './lazy.ts';
import { matchCheckpoint, splitKey } from './match.ts';
import type { Checkpoint, CheckpointTensor, NamingScheme } from './types.ts';

/** A checkpoint's tensors as a graph calls them. */
export interface BoundCheckpoint {
  /**
   * By canonical key, in the shape that the graph wants.
   * @throws {ResnetError} `usage` for a key that the graph has not
   */
  get(key: string): CheckpointTensor;
  /** Tensors that the network has no use for, by their names in the file. */
  ignoredKeys: string[];
  /** Whose names the file has. */
  scheme: NamingScheme;
}

export interface BindOptions {
  /** `false` lets pass what the network has no use for; nothing may be missing or of another shape in any case. */
  strict?: boolean;
  /** What the caller calls the network, for the error. */
  arch: string;
}

/** @throws ResnetError `checkpoint-keys` that lists missing, mis-shaped and unexpected tensors, each with its layer */
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
