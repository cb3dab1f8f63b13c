/** Widths and depths of RegNets from their parameters (Radosavovic et al., sections 3.3 and 4). */
import { roundHalfEven } from '../util/round.ts';
import { makeDivisible } from './blocks/channel-attention.ts';

export interface RegNetParameters {
  /** Initial width, slope, and the quantisation step in log space. */
  w0: number;
  wa: number;
  wm: number;
  groupWidth: number;
  depth: number;
  /** Width of the 3x3 convolution as a multiple of the block's. */
  bottleneckRatio: number;
}

export interface RegNetStage {
  width: number;
  blocks: number;
  /** Channels of the 3x3 convolution. */
  mid: number;
  groups: number;
}

/**
 * `rounding` of the 3x3 width to whole groups. `even`: to the nearest, ties to even (pycls, OpenMMLab, timm). `divisible`: to the
 * nearest, ties upwards, and never below 0.9 of the width (torchvision, timm's *_tv). This makes X-400MF end in 400 channels, not 384.
 */
export function regnetStages(p: RegNetParameters, rounding: 'even' | 'divisible'): RegNetStage[] {
  const counts = new Map<number, number>();
  for (let j = 0; j < p.depth; j++) {
    const k = roundHalfEven(Math.log((p.w0 + p.wa * j) / p.w0) / Math.log(p.wm));
    const width = roundHalfEven((p.w0 * p.wm ** k) / 8) * 8;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([raw, blocks]) => {
      const b = Math.trunc(raw * p.bottleneckRatio);
      const g = Math.min(p.groupWidth, b);
      const fitted = rounding === 'even' ? Math.trunc(roundHalfEven(b / g) * g) : makeDivisible(b, g);
      const width = Math.trunc(fitted / p.bottleneckRatio);
      const mid = roundHalfEven(width * p.bottleneckRatio);
      const groups = Math.floor(mid / g);
      return { width, blocks, mid: groups * g, groups };
    });
}

// depth, w0, wa, wm, group width. Names are pycls', which MMPretrain keeps. X and Y also differ by squeeze-and-excitation.
const table =
  'x200mf 13 24 36.44 2.49 8,x400mf 22 24 24.48 2.54 16,x600mf 16 48 36.97 2.24 24,x800mf 16 56 35.73 2.28 16,' +
  'x1.6gf 18 80 34.01 2.25 24,x3.2gf 25 88 26.31 2.25 48,x4.0gf 23 96 38.65 2.43 40,x6.4gf 17 184 60.83 2.07 56,' +
  'x8.0gf 23 80 49.56 2.88 120,x12gf 19 168 73.36 2.37 112,x16gf 22 216 55.59 2.1 128,x32gf 23 320 69.86 2 168,' +
  'y200mf 13 24 36.44 2.49 8,y400mf 16 48 27.89 2.09 8,y600mf 15 48 32.54 2.32 16,y800mf 14 56 38.84 2.4 16,' +
  'y1.6gf 27 48 20.71 2.65 24,y3.2gf 21 80 42.63 2.66 24,y4.0gf 22 96 31.41 2.24 64,y6.4gf 25 112 33.22 2.27 72,' +
  'y8.0gf 17 192 76.82 2.19 56,y12gf 19 168 73.36 2.37 112,y16gf 18 200 106.23 2.48 112,y32gf 20 232 115.89 2.53 232,' +
  'y64gf 20 352 147.48 2.4 328,y128gf 27 456 160.83 2.52 264,y256gf 27 640 230.83 2.53 373';

/** Keyed by size: `x400mf`, `y1.6gf`. */
export const regnetPresets: Readonly<Record<string, RegNetParameters>> = Object.fromEntries(
  table.split(',').map((row) => {
    const [name = '', ...numbers] = row.split(' ');
    const [depth = 0, w0 = 0, wa = 0, wm = 0, groupWidth = 0] = numbers.map(Number);
    return [name, { depth, w0, wa, wm, groupWidth, bottleneckRatio: 1 }];
  }),
);
