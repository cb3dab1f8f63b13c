/**
 * Winograd convolution (Lavin and Gray, https://arxiv.org/abs/1509.09308) for 3x3 kernels of stride 1: F(2x2) takes 2.25 times
 * fewer multiply-adds than the sum itself, F(4x4) 4 times. Three passes: tiles of the input are transformed, each of the
 * SIZE * SIZE positions of a tile is a pointwise convolution (conv.ts), tiles of the output are transformed back.
 *
 * Buffers of the transforms: input (NHWC4) or parts, then what conv.ts says of the epilogue.
 */
import winogradInputShader from '../../shaders/winograd-input.wgsl?raw';
import winogradWeightsShader from '../../shaders/winograd-weights.wgsl?raw';
import type { ConvAttributes } from '../graph/types.ts';
import type { WinogradTile } from './conv-variant.ts';
import { type Dispatch, grid, type Precision, requireGroups, type View } from './kernel.ts';

/** Tiles of all images, and along one image's width and height. */
export function winogradTiles(tile: WinogradTile, { n, h, w }: View): { tiles: number; x: number; y: number } {
  const [x, y] = [Math.ceil(w / tile), Math.ceil(h / tile)];
  return { tiles: n * x * y, x, y };
}

/** Positions of a tile. */
export function winogradPositions(tile: WinogradTile): number {
  return (tile + 2) ** 2;
}

export function winogradConstants(tile: WinogradTile): Dispatch['constants'] {
  return { TILE: tile, SIZE: tile + 2 };
}

export function winogradInputDispatch(
  tile: WinogradTile,
  {
    layer,
    input,
    output,
    attributes: { padding },
  }: { layer: string; input: View; output: View; attributes: Pick<ConvAttributes, 'padding'> },
  precision: Precision,
): Dispatch {
  const { tiles, x, y } = winogradTiles(tile, output);
  const inGroups = requireGroups(layer, input);
  return {
    kernel: 'winograd-input',
    shader: winogradInputShader,
    variant: `${tile}x${tile}`,
    precision,
    constants: { ...winogradConstants(tile), PAD_TOP: padding[0], PAD_LEFT: padding[1] },
    bindings: ['read', 'write'],
    uniforms: [tiles, x, y, input.h, input.w, inGroups, input.stride, input.offset],
    workgroups: grid(layer, tiles * inGroups, 64, tile + 2),
  };
}

/** From packed weights [o, i, 3, 3] to packed weights of the positions. */
export function winogradWeightsDispatch(
  tile: WinogradTile,
  { layer, inGroups, outGroups }: { layer: string; inGroups: number; outGroups: number },
  precision: Precision,
): Dispatch {
  return {
    kernel: 'winograd-weights',
    shader: winogradWeightsShader,
    variant: `${tile}x${tile}`,
    precision,
    constants: winogradConstants(tile),
    bindings: ['read', 'write'],
    uniforms: [outGroups, inGroups],
    workgroups: grid(layer, outGroups * inGroups * 2, 64, tile + 2),
  };
}

/** Bytes of the transformed weights, which are float32 in either precision. */
export function winogradWeightBytes(tile: WinogradTile, inGroups: number, outGroups: number): number {
  return outGroups * 16 + winogradPositions(tile) * outGroups * inGroups * 64;
}
