/** Generated weights, so that nothing is downloaded. Unlike fresh weights, they make norms, biases and offsets matter. */
import type { Checkpoint, CheckpointTensor, Graph, GraphNode } from '../../src/index.ts';

type Role = keyof GraphNode['weights'];

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

export function seededCheckpoint(graph: Graph, seed: number): Checkpoint {
  const tensors = new Map<string, CheckpointTensor>();
  for (const node of graph.nodes) {
    for (const [role, spec] of Object.entries(node.weights)) {
      const { key, shape } = spec.source ?? spec;
      const [offset, scale] = rangeOf(node, role as Role, shape);
      const read = async () => ({ data: uniform(key, product(shape), seed, offset, scale), shape: [...shape] });
      tensors.set(key, { dtype: 'f32', shape, read });
    }
  }
  return { format: 'memory', scheme: 'mmpretrain', metadata: {}, tensors };
}

/** Numbers are uniform in offset ± scale, such that values neither grow nor vanish from layer to layer. */
function rangeOf({ op, name, weights }: GraphNode, role: Role, shape: readonly number[]): [offset: number, scale: number] {
  if (role === 'running_var') return [1, 0.5];
  if (role === 'p') return [3, 0.5];
  if (role === 'gamma' || role === 'beta') {
    // Standardised weights are multiplied by gamma, plus beta. These must be small, or three blocks leave the range of f16.
    const size = 1 / Math.sqrt(product(weights.weight?.shape.slice(1) ?? []));
    return role === 'gamma' ? [size, size / 4] : [0, size / 4];
  }
  if (role === 'diff') return [0, 0.05];
  if (role === 'fc_x' || role === 'fc_y') return [0, 0.15];
  if (role !== 'weight') return [0, 0.2];
  if (op === 'prelu') return [0.25, 0.2];
  if (op === 'scale') return [0.5, 0.3];
  const isMatrix = op === 'conv2d' || op === 'deform_conv2d' || op === 'linear' || op === 'channel_conv1d';
  if (!isMatrix) return [1, 0.3];
  // Offsets of about half a pixel, and energies for which a softmax is not one-sided. Otherwise rounding errors would be amplified.
  const gain = /offset/.test(name) ? 0.3 : /query|key/.test(name) ? 0.1 : 2;
  return [0, Math.sqrt((3 * gain) / product(shape.slice(1)))];
}

/** A number only depends on seed, key and index: a hash of a counter (the finaliser of MurmurHash3). */
function uniform(key: string, count: number, seed: number, offset: number, scale: number): Float32Array {
  let start = Math.imul(seed, 0x9e3779b1);
  for (let i = 0; i < key.length; i++) start = Math.imul(start ^ key.charCodeAt(i), 16777619);
  return Float32Array.from({ length: count }, (_, i) => {
    let x = (start + Math.imul(i, 0x9e3779b9)) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return offset + scale * (((x ^ (x >>> 16)) >>> 8) / 2 ** 23 - 1);
  });
}
