/** Seeded random weights, initialised as PyTorch does for this family. Equal on all machines up to the rounding of Math.log and cos. */
import { product } from '../graph/shape.ts';
import type { Graph, GraphNode, ParameterSpec, WeightRole } from '../graph/types.ts';
import { storedKey } from './naming.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

export interface RandomOptions {
  /** Starts the last norm of each block at zero, so that every block starts as its shortcut. */
  zeroInitResidual?: boolean;
}

/**
 * Convolutions: normal with deviation sqrt(2 / fan_out) (Kaiming). Linear layers: normal with deviation 0.01. Norms: identity. Biases and
 * offsets of deformable convolutions: zero.
 */
export function randomCheckpoint(graph: Graph, seed: number, { zeroInitResidual = false }: RandomOptions = {}): Checkpoint {
  const zeroed = zeroInitResidual ? lastNorms(graph) : new Set<string>();
  const tensors = new Map<string, CheckpointTensor>();
  for (const node of graph.nodes) {
    for (const role of Object.keys(node.weights) as WeightRole[]) {
      const spec = node.weights[role];
      if (!spec) continue;
      const key = storedKey(spec);
      const shape = spec.source?.shape ?? spec.shape;
      const fill = filler(node, role, spec, seed, zeroed.has(node.name));
      const read = async () => ({ data: fill(product(shape)), shape: [...shape] });
      tensors.set(key, { dtype: 'f32', shape, read });
    }
  }
  return { format: 'memory', scheme: 'mmpretrain', metadata: {}, tensors };
}

function filler(node: GraphNode, role: WeightRole, spec: ParameterSpec, seed: number, zero: boolean): (size: number) => Float32Array {
  const constant = (value: number) => (size: number) => new Float32Array(size).fill(value);
  const normal = (deviation: number) => (size: number) => normals(size, deviation, seed, storedKey(spec));
  if (role === 'p') return constant(node.op === 'gem' ? node.attributes.p : 1);
  if (role === 'running_var' || role === 'gamma') return constant(1);
  if (role === 'fc_x' || role === 'fc_y' || node.op === 'linear') return role === 'bias' ? constant(0) : normal(0.01);
  if (role !== 'weight') return constant(0);
  if (node.op === 'channel_conv1d') return normal(Math.sqrt(2 / node.attributes.kernel));
  if (node.op !== 'conv2d' && node.op !== 'deform_conv2d') return constant(zero || node.op === 'scale' ? 0 : 1);
  if (/\.(conv_offset|offset_[sl])$/.test(node.name)) return constant(0);
  const [kh, kw] = node.attributes.kernel;
  return normal(Math.sqrt(2 / (node.attributes.outChannels * kh * kw)));
}

/** The norm with the highest number in each block. */
function lastNorms(graph: Graph): Set<string> {
  const last = new Map<string, string>();
  for (const { name } of graph.nodes) {
    const [, block] = /^(layer[\w.]+)\.(?:bn|gn|in|ln)\d$/.exec(name) ?? [];
    // Split attention has its own norms one level below.
    if (block && /^layer\d+\.(branch\d+\.)?\d+$/.test(block)) last.set(block, name);
  }
  return new Set(last.values());
}

/** Box-Muller over a counter-based hash, so that a tensor's numbers only depend on seed, key and index. */
function normals(size: number, deviation: number, seed: number, key: string): Float32Array {
  let hash = 2166136261;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 16777619);
  const state = (hash ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  const out = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(uniform(state, i)));
    const angle = 2 * Math.PI * uniform(state, i + 1);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < size) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** In (0, 1]. */
function uniform(state: number, counter: number): number {
  let x = (state + Math.imul(counter, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (((x ^ (x >>> 16)) >>> 8) + 1) / 2 ** 24;
}
