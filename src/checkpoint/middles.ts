/**
 * The middle of a residual block, recognised by the shapes of its convolutions: a 3x3, Res2Net's many, split attention, or selective
 * kernels.
 */
import type { Layer } from './tree-layers.ts';

/** Two or three convolutions that follow each other. Of three, the second may consist of several. */
export interface Chain {
  main: Layer[];
  /** Further convolutions with their own norms. */
  inner: Layer[];
  /** The last convolution of split attention and selective kernels. The softmax follows, so it has no norm. */
  bare?: Layer;
  middle?:
    | { type: 'Res2'; scales: number }
    | { type: 'SplitAttention'; radix: number }
    | { type: 'SelectiveKernel'; paths: number; split: boolean };
  groups: number;
  /** Input channels of the block, if the first convolution only reads a part of them. */
  from?: number;
}

/** A block of the plain kinds has no more convolutions than this. */
const MOST = 6;
/** Res2Net's blocks have up to 8 slices. */
const MOST_SLICES = 32;

const kernel = ({ shape }: Layer) => shape[2] ?? 0;
const inOf = ({ shape }: Layer) => shape[1] ?? 0;
const outOf = ({ shape }: Layer) => shape[0] ?? 0;

/** All ways to read convolutions as a block. */
export function* chains(convs: readonly Layer[]): Generator<Chain> {
  if (convs.length < 2 || convs.length > MOST + MOST_SLICES) return;
  if (convs.length <= MOST) yield* plainChains(convs);
  if (convs.length >= 3) yield* res2Chains(convs);
  if (convs.length >= 5 && convs.length <= MOST + 2) yield* splitChains(convs);
  if (convs.length >= 5 && convs.length <= MOST + 4) yield* selectiveChains(convs);
}

function* plainChains(convs: readonly Layer[]): Generator<Chain> {
  for (const a of convs) {
    for (const b of convs) {
      if (b === a || kernel(b) !== 3) continue;
      if (kernel(a) === 3 && inOf(b) === outOf(a)) yield { main: [a, b], inner: [], groups: 1 };
      if (kernel(a) !== 1) continue;
      const groups = outOf(a) / inOf(b);
      if (!Number.isInteger(groups) || outOf(b) % groups) continue;
      // Blocks that are widest at a depthwise convolution are MobileNet's, and end differently.
      const isWide = (c: Layer) => inOf(b) === 1 && groups > 1 && outOf(a) > outOf(c);
      for (const c of convs)
        if (c !== a && c !== b && kernel(c) === 1 && inOf(c) === outOf(b) && !isWide(c)) yield { main: [a, b, c], inner: [], groups };
    }
  }
}

/** Res2Net: all but one slice of the first 1x1's output have their own 3x3. The last 1x1 reads all slices. */
function* res2Chains(convs: readonly Layer[]): Generator<Chain> {
  const slices = convs.filter((conv) => kernel(conv) === 3);
  const ones = convs.filter((conv) => kernel(conv) === 1);
  const [first] = slices;
  if (!first || slices.length + ones.length !== convs.length || ones.length > MOST) return;
  const width = outOf(first);
  const groups = width / inOf(first);
  const isEven = slices.every((conv) => outOf(conv) === width && inOf(conv) === inOf(first));
  if (!isEven || !Number.isInteger(groups)) return;
  const scales = slices.length + 1;
  const inner = [...slices].sort((a, b) => a.order - b.order).slice(1);
  for (const a of ones) {
    if (outOf(a) !== width * scales) continue;
    for (const c of ones)
      if (c !== a && inOf(c) === width * scales) yield { main: [a, first, c], inner, middle: { type: 'Res2', scales }, groups };
  }
}

/** ResNeSt: the 3x3 outputs `radix` maps. Two 1x1 convolutions on their pooled sum compute their weights. */
function* splitChains(convs: readonly Layer[]): Generator<Chain> {
  const [three, ...more] = convs.filter((conv) => kernel(conv) === 3);
  if (!three || more.length) return;
  const ones = convs.filter((conv) => kernel(conv) === 1);
  for (const c of ones) {
    const radix = outOf(three) / inOf(c);
    if (!Number.isInteger(radix) || radix < 1) continue;
    for (const a of ones) {
      const groups = outOf(a) / inOf(three) / radix;
      if (a === c || !Number.isInteger(groups) || groups < 1) continue;
      for (const squeeze of ones) {
        if (squeeze === a || squeeze === c || inOf(squeeze) * groups !== inOf(c)) continue;
        for (const bare of ones) {
          const isLast = outOf(bare) === outOf(three) && inOf(bare) * groups === outOf(squeeze);
          if (bare === a || bare === c || bare === squeeze || !isLast) continue;
          yield { main: [a, three, c], inner: [squeeze], bare, middle: { type: 'SplitAttention', radix }, groups };
        }
      }
    }
  }
}

/**
 * SKNet: parallel 3x3 convolutions of growing dilation, whose sum two 1x1 convolutions weigh. In a bottleneck, or before the second
 * convolution of a basic block. Each may read a part of the channels. Then the shapes are those of that many groups.
 */
function* selectiveChains(convs: readonly Layer[]): Generator<Chain> {
  const threes = convs.filter((conv) => kernel(conv) === 3).sort((a, b) => a.order - b.order);
  const ones = convs.filter((conv) => kernel(conv) === 1);
  const [path] = threes;
  if (!path) return;
  const like = threes.filter(({ shape }) => shape.join() === path.shape.join());
  const width = outOf(path);
  for (const select of ones) {
    const paths = outOf(select) / width;
    if (!Number.isInteger(paths) || paths < 2 || select.tensors.has('bias') || like.length < paths || threes.length > paths + 1) continue;
    const reduce = ones.find((one) => one !== select && inOf(one) === width && outOf(one) === inOf(select));
    if (!reduce) continue;
    const own = like.slice(0, paths);
    const more = { inner: [...own.slice(1), reduce], bare: select };
    const [second] = threes.filter((conv) => !own.includes(conv));
    if (second && inOf(second) === width) {
      for (const split of [false, true]) {
        const from = inOf(path) * (split ? paths : 1);
        yield { main: [path, second], ...more, middle: { type: 'SelectiveKernel', paths, split }, groups: 1, from };
      }
      continue;
    }
    for (const a of ones) {
      const ratio = outOf(a) / inOf(path);
      if (second || a === select || a === reduce || !Number.isInteger(ratio)) continue;
      // It is rare to have as many groups as paths, but not to have more.
      const split = ratio === paths;
      for (const c of ones)
        if (c !== a && c !== select && c !== reduce && inOf(c) === width)
          yield { main: [a, path, c], ...more, middle: { type: 'SelectiveKernel', paths, split }, groups: split ? 1 : ratio };
    }
  }
}
