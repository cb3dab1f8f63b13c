/**
 * Weights that PyTorch stores in parts and combines in every forward pass: weight_norm and spectral_norm in both of their forms, and
 * masks of torch.nn.utils.prune. They are combined here, in float64, when the tensor is read. Later code only sees plain names.
 * https://docs.pytorch.org/docs/stable/nn.html#utilities
 */
import { product } from '../graph/shape.ts';
import type { Shape } from '../graph/types.ts';
import type { TensorTree } from './reading.ts';
import type { CheckpointTensor } from './types.ts';

type Part = CheckpointTensor;

/** The parts of a parameter, found by the key of one of them. */
interface Made {
  /** Key of the parameter. */
  key: string;
  parts: string[];
  tensor: CheckpointTensor;
}

/** Both tables of a file. */
export function wholeWeights<File extends { tensors: Map<string, CheckpointTensor>; tree?: TensorTree }>(file: File): File {
  return { ...file, tensors: withoutParametrizations(file.tensors), ...(file.tree && { tree: withoutParametrizations(file.tree) }) };
}

/** The same tensors with every parametrised parameter under its plain name, at the position of its first part. */
export function withoutParametrizations(tensors: TensorTree): Map<string, CheckpointTensor> {
  const plain = new Map<string, CheckpointTensor>();
  const done = new Set<string>();
  for (const [key, tensor] of tensors) {
    if (done.has(key)) continue;
    const made = find(key, tensors);
    if (!made || tensors.has(made.key)) plain.set(key, tensor);
    else {
      plain.set(made.key, made.tensor);
      for (const part of made.parts) done.add(part);
    }
  }
  return plain;
}

function find(key: string, tensors: TensorTree): Made | undefined {
  const [, path = '', name = ''] = /^(.*?)parametrizations\.(\w+)\.(?:original[01]?|0\._[uv])$/.exec(key) ?? [];
  if (name) return registered(`${path}${name}`, `${path}parametrizations.${name}.`, tensors);
  const [, own = ''] = /^(.*)_(?:g|v|u|orig|mask)$/.exec(key) ?? [];
  return own ? (hooked(own, tensors) ?? undefined) : undefined;
}

/** torch.nn.utils.parametrizations. */
function registered(key: string, at: string, tensors: TensorTree): Made | undefined {
  const [g, v, whole, left, right] = ['original0', 'original1', 'original', '0._u', '0._v'].map((part) => tensors.get(`${at}${part}`));
  if (g && v && isGain(g.shape, v.shape)) return { key, parts: [`${at}original0`, `${at}original1`], tensor: weightNorm(g, v) };
  if (whole && left) {
    const parts = [`${at}original`, `${at}0._u`, ...(right ? [`${at}0._v`] : [])];
    return fits(whole.shape, left.shape) ? { key, parts, tensor: spectralNorm(whole, left, right) } : undefined;
  }
  return undefined;
}

/** The older hooks: torch.nn.utils.weight_norm, spectral_norm, prune. */
function hooked(key: string, tensors: TensorTree): Made | undefined {
  const [g, v, u, whole, mask] = ['_g', '_v', '_u', '_orig', '_mask'].map((end) => tensors.get(key + end));
  if (whole && mask && mask.shape.join() === whole.shape.join()) {
    return {
      key,
      parts: [`${key}_orig`, `${key}_mask`],
      tensor: combined(whole, [whole, mask], ([x, m]) => x.map((value, i) => value * (m?.[i] ?? 0))),
    };
  }
  if (whole && u && fits(whole.shape, u.shape)) {
    return { key, parts: [`${key}_orig`, `${key}_u`, ...(v ? [`${key}_v`] : [])], tensor: spectralNorm(whole, u, v) };
  }
  if (g && v && isGain(g.shape, v.shape)) return { key, parts: [`${key}_g`, `${key}_v`], tensor: weightNorm(g, v) };
  return undefined;
}

/** One number for each index along one axis, or a single one. */
function isGain(gain: Shape, shape: Shape): boolean {
  if (product(gain) === 1) return true;
  return (
    gain.length === shape.length &&
    gain.filter((size, axis) => size === shape[axis] || size === 1).length === gain.length &&
    gain.filter((size) => size !== 1).length === 1
  );
}

const fits = (shape: Shape, u: Shape) => shape.length > 1 && shape.includes(u[0] ?? 0);

type Numbers = Float64Array;

/** A tensor with the first one's shape. The others are read together with it. */
function combined({ shape }: Part, parts: readonly Part[], of: (parts: [Numbers, ...Numbers[]]) => Numbers): CheckpointTensor {
  return {
    dtype: 'f32',
    shape,
    read: async () => {
      const read: Numbers[] = [];
      for (const part of parts) read.push(Float64Array.from((await part.read()).data));
      const [first = new Float64Array(), ...others] = read;
      return { data: Float32Array.from(of([first, ...others])), shape: [...shape] };
    },
  };
}

/** g * v / |v|. The norm is over all axes but the one along which g varies. */
function weightNorm(g: Part, v: Part): CheckpointTensor {
  const axis = g.shape.findIndex((size) => size !== 1);
  const count = product(g.shape);
  const inner = axis < 0 ? 1 : product(v.shape.slice(axis + 1));
  return combined(v, [v, g], ([values, gains = new Float64Array()]) => {
    const place = (i: number) => (axis < 0 ? 0 : Math.floor(i / inner) % count);
    const squares = new Float64Array(count);
    values.forEach((value, i) => {
      squares[place(i)] = (squares[place(i)] ?? 0) + value * value;
    });
    // torch divides by the norm without a check, so all zeros give NaN there. Here they give zeros.
    const scale = squares.map((square, c) => (square > 0 ? (gains[c] ?? 0) / Math.sqrt(square) : 0));
    return values.map((value, i) => value * (scale[place(i)] ?? 0));
  });
}

/** W / (u' W v), where W is a matrix whose rows are along the axis of u's length. Without v (PyTorch before 1.1), computes v by one more step. */
function spectralNorm(whole: Part, u: Part, v: Part | undefined): CheckpointTensor {
  const rows = u.shape[0] ?? 1;
  const axis = whole.shape[0] === rows ? 0 : whole.shape.indexOf(rows);
  const inner = product(whole.shape.slice(axis + 1));
  const columns = product(whole.shape) / rows;
  const row = (i: number) => Math.floor(i / inner) % rows;
  // The other axes in order, as torch's permute and reshape do.
  const column = (i: number) => Math.floor(i / (inner * rows)) * inner + (i % inner);
  return combined(whole, v ? [whole, u, v] : [whole, u], ([values, left = new Float64Array(), right]) => {
    const step = right ?? normalized(times(values, columns, column, (i) => left[row(i)] ?? 0));
    const image = times(values, rows, row, (i) => step[column(i)] ?? 0);
    const onto = right ? left : normalized(image);
    const sigma = image.reduce((sum, x, r) => sum + x * (onto[r] ?? 0), 0);
    return values.map((value) => value / sigma);
  });
}

function times(values: Numbers, length: number, to: (i: number) => number, factor: (i: number) => number): Numbers {
  const sums = new Float64Array(length);
  values.forEach((value, i) => {
    sums[to(i)] = (sums[to(i)] ?? 0) + value * factor(i);
  });
  return sums;
}

function normalized(values: Numbers): Numbers {
  const norm = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));
  return values.map((x) => x / Math.max(norm, 1e-12));
}
