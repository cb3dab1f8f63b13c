/**
 * The forms of the convolution kernel. Pure.
 *
 * A variant is written as a word, in profiles, tuning tables and tests:
 * - `direct-4x16-4-64`: conv.wgsl. A thread computes 4 pixels x 16 channels, in steps of 4 input channels. 64 threads are next to
 *   each other along the pixels.
 * - `tiled-8x4-16`: conv-tiled.wgsl. A thread computes 8 pixels x 4 channels, in steps of 16 input channels.
 * - `serial-7x32-4`: conv-serial.wgsl. A thread computes 7 pixels x 32 channels, in steps of 4 input channels.
 * - the first two with `/4`: 4 workgroups share the sum over the input channels of an output, and conv-sum.wgsl adds up the parts.
 * - `winograd4 tiled-8x4-16`: Winograd F(4x4, 3x3) with one of the first two in the middle.
 * - `f16 direct-1x16-16-64`: the first with f16 arithmetic (f16-arithmetic.ts). Without `f16`, f16 models store packed f16 values but compute in float32.
 */
import type { ConvVariant } from '../lib/conv-params.ts';
import { type Dispatch, WORKGROUP } from '../lib/kernel.ts';

export function variantName(v: ConvVariant): string {
  const tile = `${v.pixels}x${v.groups * 4}-${v.depth * 4}`;
  const split = v.split > 1 ? `/${v.split}` : '';
  const winograd = v.winograd ? `winograd${v.winograd} ` : '';
  const word = v.kernel.slice('conv-'.length) || 'direct';
  return `${v.f16 ? 'f16 ' : ''}${winograd}${word}-${tile}${v.kernel === 'conv' ? `-${v.pixelThreads}` : ''}${split}`;
}

export function parseVariant(name: string): ConvVariant | undefined {
  const parts = /^(?:winograd([24]) |(f16) (?=d))?(direct|tiled|serial)-(\d+)x(\d+)-(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(name);
  if (!parts) return undefined;
  const [pixels = 0, channels = 0, depth = 0, pixelThreads = 64, split = 1] = parts
    .slice(4)
    .map((part) => (part === undefined ? part : Number(part)));
  const winograd = parts[1] === undefined ? undefined : parts[1] === '2' ? 2 : 4;
  const common = { pixels, groups: channels / 4, depth: depth / 4, split, winograd } as const;
  const word = parts[3] as 'direct' | 'tiled' | 'serial';
  return word === 'direct'
    ? { kernel: 'conv', ...common, pixelThreads, f16: parts[2] !== undefined }
    : { kernel: `conv-${word}`, ...common };
}

/** conv-tiled.wgsl stores rows and columns of the input in 16 bits. */
export const MAX_TILED_SIDE = 32767;

/** Workgroups along the pixels and along the output channels. In conv-tiled.wgsl, each of the convolution's `groups` starts a new tile. */
export function tilesOf(v: ConvVariant, pixels: number, outGroups: number, groups = 1): [pixels: number, channels: number] {
  const pixelThreads = v.kernel === 'conv' ? v.pixelThreads : v.kernel === 'conv-serial' ? WORKGROUP : 8;
  const channelThreads = WORKGROUP / pixelThreads;
  const begins = v.kernel === 'conv-tiled' ? groups : 1;
  const channelTiles = Math.ceil(outGroups / begins / (v.groups * channelThreads)) * begins;
  return [Math.ceil(pixels / (v.pixels * pixelThreads)), channelTiles];
}

/** The shader constants of a variant. */
export function variantConstants(v: ConvVariant): Dispatch['constants'] {
  const tile = { PIXELS: v.pixels, GROUPS: v.groups, SUMS: v.pixels * v.groups, DEPTH: v.depth };
  if (v.kernel === 'conv-serial') return { ...tile, LOADS: v.pixels * v.depth };
  const common = { ...tile, SPLIT: v.split > 1 };
  if (v.kernel === 'conv') return { ...common, STEP: v.depth, PIXEL_THREADS: v.pixelThreads, LOADS: v.pixels * v.depth };
  const quads = v.pixels * 2;
  const columns = v.groups * 8;
  const aRounds = (quads * v.depth) / 64;
  const bRounds = (columns * v.depth * 2) / 64;
  return {
    ...common,
    QUADS: quads,
    THREAD_QUADS: v.pixels / 4,
    COLUMNS: columns,
    A_ROUNDS: aRounds,
    B_ROUNDS: bRounds,
    LOADED_PIXELS: aRounds * 4,
  };
}
