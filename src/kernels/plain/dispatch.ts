/**
 * A plain kernel for every kernel that no other form can replace: one thread for each output, no workgroup memory, no subgroups, no
 * f16 arithmetic, no tiles. It is slow, and written independently of the kernel that it replaces. It takes the same buffers and
 * uniforms, so only the dispatch of a plan changes. Fetched only when something went wrong, or is being checked. Pure.
 *
 * The passes of split sums and of Winograd convolutions have no plain kernel, because a plain convolution does not need them.
 */
import along from '../../../shaders/plain/plain-along.wgsl?raw';
import bend from '../../../shaders/plain/plain-bend.wgsl?raw';
import blurred from '../../../shaders/plain/plain-blurred.wgsl?raw';
import bordered from '../../../shaders/plain/plain-bordered.wgsl?raw';
import channels from '../../../shaders/plain/plain-channels.wgsl?raw';
import dense from '../../../shaders/plain/plain-dense.wgsl?raw';
import distances from '../../../shaders/plain/plain-distances.wgsl?raw';
import energies from '../../../shaders/plain/plain-energies.wgsl?raw';
import filter from '../../../shaders/plain/plain-filter.wgsl?raw';
import firstFilter from '../../../shaders/plain/plain-first-filter.wgsl?raw';
import gateSums from '../../../shaders/plain/plain-gate-sums.wgsl?raw';
import gated from '../../../shaders/plain/plain-gated.wgsl?raw';
import inward from '../../../shaders/plain/plain-inward.wgsl?raw';
import learnedBend from '../../../shaders/plain/plain-learned-bend.wgsl?raw';
import mean from '../../../shaders/plain/plain-mean.wgsl?raw';
import mix from '../../../shaders/plain/plain-mix.wgsl?raw';
import moments from '../../../shaders/plain/plain-moments.wgsl?raw';
import move from '../../../shaders/plain/plain-move.wgsl?raw';
import nearby from '../../../shaders/plain/plain-nearby.wgsl?raw';
import normed from '../../../shaders/plain/plain-normed.wgsl?raw';
import normedBend from '../../../shaders/plain/plain-normed-bend.wgsl?raw';
import outward from '../../../shaders/plain/plain-outward.wgsl?raw';
import photoLines from '../../../shaders/plain/plain-photo-lines.wgsl?raw';
import photoTensor from '../../../shaders/plain/plain-photo-tensor.wgsl?raw';
import pixelNorm from '../../../shaders/plain/plain-pixel-norm.wgsl?raw';
import powerMean from '../../../shaders/plain/plain-power-mean.wgsl?raw';
import product from '../../../shaders/plain/plain-product.wgsl?raw';
import ranks from '../../../shaders/plain/plain-ranks.wgsl?raw';
import repeatedSum from '../../../shaders/plain/plain-repeated-sum.wgsl?raw';
import resized from '../../../shaders/plain/plain-resized.wgsl?raw';
import sampled from '../../../shaders/plain/plain-sampled.wgsl?raw';
import shares from '../../../shaders/plain/plain-shares.wgsl?raw';
import splitShares from '../../../shaders/plain/plain-split-shares.wgsl?raw';
import stretched from '../../../shaders/plain/plain-stretched.wgsl?raw';
import sum from '../../../shaders/plain/plain-sum.wgsl?raw';
import times from '../../../shaders/plain/plain-times.wgsl?raw';
import weighted from '../../../shaders/plain/plain-weighted.wgsl?raw';
import window from '../../../shaders/plain/plain-window.wgsl?raw';
import { type Constant, type Dispatch, grid } from '../lib/kernel.ts';

type Uniform = (name: string) => number;

/** Workgroups of 64 threads. If there is none, uses the replaced kernel's grid, which has a thread for each of the same outputs. */
type Grid = (uniform: Uniform, old: Dispatch['workgroups']) => Dispatch['workgroups'];

interface PlainKernel {
  kernel: string;
  shader: string;
  /** Names of the replaced kernel's constants that the shader needs. */
  constants: string;
  grid?: Grid;
}

const threads = (count: number, z = 1) => grid('plain', count, 64, z);
const pixelGroups: Grid = (u) => threads(u('pixels') * u('out_groups'));
const groupsByImage: Grid = (u, [, n]) => [Math.ceil(u('groups') / 64), n, 1];
const outGroups: Grid = (u, [, , n]) => [Math.ceil(u('out_groups') / 64), 1, n];
const itemsGrid: Grid = (u, [, , n]) => threads(u('pixels') * u('groups'), n);
const nchwGrid: Grid = (u, [, , z]) => threads(u('pixels') * u('groups'), z / u('group_tiles'));
const productGrid: Grid = (u, [, , n]) => threads(u('rows') * u('columns'), n);
const pixelsGrid: Grid = (u) => threads(u('pixels'));
const partsGrid: Grid = (u, [, n]) => [Math.ceil(u('channels') / u('part') / 64), n, 1];
const rowsGrid: Grid = (u) => threads(u('rows'));
const codesGrid: Grid = (u) => threads((u('columns') + u('rows')) * u('channels'));
const energiesGrid: Grid = (u, [, , z]) => threads(u('query_height') * u('query_width') * u('key_height') * u('key_width'), z);

const EPILOGUE = 'ACTIVATION AMOUNT BENT';
const WINDOW = 'CHANNELS DILATION_H DILATION_W KERNEL_H KERNEL_W PAD_LEFT PAD_TOP STRIDE_H STRIDE_W';

const filterKernel: PlainKernel = { kernel: 'plain-filter', shader: filter, constants: `MASKED ${EPILOGUE}`, grid: pixelGroups };
const firstFilterKernel: PlainKernel = {
  kernel: 'plain-first-filter',
  shader: firstFilter,
  constants: `${WINDOW} ${EPILOGUE}`,
  grid: pixelGroups,
};

/** By the kernel that they replace. */
const PLAIN: Readonly<Record<string, PlainKernel>> = {
  conv: filterKernel,
  'conv-tiled': filterKernel,
  'conv-serial': filterKernel,
  'conv-grouped': filterKernel,
  stem: firstFilterKernel,
  'stem-tiled': firstFilterKernel,
  'stem-serial': firstFilterKernel,
  'deform-conv': {
    kernel: 'plain-sampled',
    shader: sampled,
    constants: `DILATION_H DILATION_W GROUPED KERNEL_H KERNEL_W MASK MASK_PACKED PAD_LEFT PAD_TOP STRIDE_H STRIDE_W ${EPILOGUE}`,
    grid: pixelGroups,
  },
  pool: { kernel: 'plain-window', shader: window, constants: 'COUNT_PAD KERNEL_H KERNEL_W MAX PAD_H PAD_W STRIDE_H STRIDE_W' },
  'global-pool': { kernel: 'plain-mean', shader: mean, constants: 'RADIX', grid: groupsByImage },
  gem: { kernel: 'plain-power-mean', shader: powerMean, constants: 'CLAMP LEARNED', grid: groupsByImage },
  linear: { kernel: 'plain-dense', shader: dense, constants: `${EPILOGUE}`, grid: outGroups },
  squeeze: { kernel: 'plain-gate-sums', shader: gateSums, constants: 'GROUPED RADIX', grid: outGroups },
  excite: { kernel: 'plain-gated', shader: gated, constants: `GROUPED RADIX SILU ${EPILOGUE}`, grid: itemsGrid },
  'from-nchw': { kernel: 'plain-inward', shader: inward, constants: '', grid: nchwGrid },
  'to-nchw': { kernel: 'plain-outward', shader: outward, constants: '', grid: nchwGrid },
  relu: { kernel: 'plain-bend', shader: bend, constants: '' },
  add: { kernel: 'plain-sum', shader: sum, constants: `BROADCAST ${EPILOGUE}` },
  affine: { kernel: 'plain-stretched', shader: stretched, constants: `${EPILOGUE}` },
  copy: { kernel: 'plain-move', shader: move, constants: 'ALIGNED STRIDE_H STRIDE_W' },
  'radix-softmax': { kernel: 'plain-split-shares', shader: splitShares, constants: 'RADIX' },
  scale: { kernel: 'plain-weighted', shader: weighted, constants: `FACTORS RADIX RESIDUAL ${EPILOGUE}` },
  matmul: { kernel: 'plain-product', shader: product, constants: 'ADD TRANSPOSE_A TRANSPOSE_B', grid: productGrid },
  'layer-norm': { kernel: 'plain-pixel-norm', shader: pixelNorm, constants: `RESIDUAL ${EPILOGUE}`, grid: pixelsGrid },
  'channel-pool': { kernel: 'plain-channels', shader: channels, constants: 'AVERAGE', grid: pixelsGrid },
  'norm-statistics': { kernel: 'plain-moments', shader: moments, constants: 'CENTERED', grid: partsGrid },
  'norm-apply': { kernel: 'plain-normed', shader: normed, constants: `RESIDUAL ${EPILOGUE}` },
  'norm-act': { kernel: 'plain-normed-bend', shader: normedBend, constants: 'THRESHOLD' },
  softmax: { kernel: 'plain-shares', shader: shares, constants: 'LOG', grid: rowsGrid },
  'attention-mask': { kernel: 'plain-nearby', shader: nearby, constants: '' },
  'broadcast-add': { kernel: 'plain-repeated-sum', shader: repeatedSum, constants: `${EPILOGUE}` },
  'position-codes': { kernel: 'plain-distances', shader: distances, constants: '', grid: codesGrid },
  'position-energy': { kernel: 'plain-energies', shader: energies, constants: 'ADD BIAS QUERY TRANSPOSED', grid: energiesGrid },
  blend: { kernel: 'plain-mix', shader: mix, constants: '' },
  'channel-conv1d': { kernel: 'plain-along', shader: along, constants: `CIRCULAR KERNEL ${EPILOGUE}` },
  curve: { kernel: 'plain-learned-bend', shader: learnedBend, constants: `CHANNELS LEARNED MASKED ${EPILOGUE}` },
  bilinear: { kernel: 'plain-resized', shader: resized, constants: '' },
  'blur-pool': { kernel: 'plain-blurred', shader: blurred, constants: 'SIZE STRIDE' },
  pad: { kernel: 'plain-bordered', shader: bordered, constants: 'REFLECT' },
  multiply: { kernel: 'plain-times', shader: times, constants: 'SINGLE' },
  'top-k': { kernel: 'plain-ranks', shader: ranks, constants: '' },
  'image-rows': { kernel: 'plain-photo-lines', shader: photoLines, constants: 'LUMA PILLOW' },
  'image-columns': { kernel: 'plain-photo-tensor', shader: photoTensor, constants: 'TRUNCATE' },
};

/** Constants of passes that compute parts of a sum, and of kernels with an additional buffer. */
const PASSES = ['PARTIAL', 'BATCHED', 'F16_MATH'];

/** Whether the dispatch has a plain replacement. Does not need its uniforms, which are not stored. */
export function hasPlain({ kernel, constants }: Pick<Dispatch, 'kernel' | 'constants'>): boolean {
  return kernel in PLAIN && !PASSES.some((name) => constants[name] === true);
}

/** The plain dispatch for the same buffers. `undefined` if it already is plain, or a pass of a form that is excluded as a whole. */
export function plainOf(dispatch: Dispatch): Dispatch | undefined {
  const plain = PLAIN[dispatch.kernel];
  if (!plain || !hasPlain(dispatch)) return undefined;
  const { uniforms, workgroups, bindings, precision, ends } = dispatch;
  const wanted = plain.constants.split(' ').filter((name) => name in dispatch.constants);
  const uniform: Uniform = (name) => {
    const value = uniforms[name];
    if (value === undefined) throw new Error(`${dispatch.kernel} has no ${name}`);
    return value;
  };
  return {
    kernel: plain.kernel,
    shader: plain.shader,
    variant: 'plain',
    // The label has no f16, because users who block a kernel by its label mean the original.
    label: plain.kernel,
    precision,
    constants: Object.fromEntries(wanted.map((name) => [name, dispatch.constants[name] as Constant])),
    bindings,
    ...(ends && { ends }),
    uniforms,
    workgroups: plain.grid?.(uniform, workgroups) ?? workgroups,
  };
}

/** Whether the plain kernel uses the same grid. Then its pipeline can replace the other's, and nothing else needs to know. */
export function keepsGrid({ kernel }: Pick<Dispatch, 'kernel'>): boolean {
  const plain = PLAIN[kernel];
  return plain !== undefined && plain.grid === undefined;
}

export function isPlain({ kernel }: Pick<Dispatch, 'kernel'>): boolean {
  return kernel.startsWith('plain-');
}
