/**
 * Winograd convolution (Lavin and Gray, https://arxiv.org/abs/1509.09308) for 3x3 kernels with stride 1. F(2x2) needs 2.25 times
 * fewer multiply-adds than the plain sum, F(4x4) 4 times fewer. There are three passes: tiles of the input are transformed, each of
 * the SIZE * SIZE positions of a tile is a pointwise convolution (dispatch.ts), and tiles of the output are transformed back.
 *
 * Buffers of the transforms: input (NHWC4) or parts, then those of the epilogue as in dispatch.ts.
 */
import winogradInputShader from '../../../shaders/conv/winograd-input.wgsl?raw';
import winogradOutputShader from '../../../shaders/conv/winograd-output.wgsl?raw';
import winogradWeightsShader from '../../../shaders/conv/winograd-weights.wgsl?raw';
import type { ConvAttributes } from '../../graph/types.ts';
import type { ConvParams, ConvVariant, WinogradTile } from '../lib/conv-params.ts';
import {
  type DeviceProfile,
  type Dispatch,
  type EndedDispatch,
  grid,
  type Precision,
  requireGroups,
  type View,
  WORKGROUP,
} from '../lib/kernel.ts';
import { place } from '../lib/views.ts';
import { type ConvProgram, convEnding, convRange, convUniforms } from './params.ts';
import { tileDispatch } from './tile.ts';
import { winogradConstants, winogradPositions, winogradTiles, winogradWeightBytes } from './winograd-tiles.ts';

function winogradInputDispatch(
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
    uniforms: { tiles, tiles_x: x, tiles_y: y, height: input.h, width: input.w, in_groups: inGroups, ...place('in', input) },
    workgroups: grid(layer, tiles * inGroups, 64, tile + 2),
  };
}

/** From packed weights [o, i, 3, 3] to packed weights for each position. */
function winogradWeightsDispatch(
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
    uniforms: { out_groups: outGroups, in_groups: inGroups },
    workgroups: grid(layer, outGroups * inGroups * 2, 64, tile + 2),
  };
}

/** From the parts to the output, with the epilogue. */
function winogradOutputDispatch(params: ConvParams, precision: Precision, tile: WinogradTile): EndedDispatch {
  const { tiles } = winogradTiles(tile, params.output);
  const { constants, ends } = convEnding(params);
  return {
    kernel: 'winograd-output',
    shader: winogradOutputShader,
    variant: `${tile}x${tile}`,
    precision,
    constants: { WIDE: true, ...constants, ...winogradConstants(tile) },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, {}),
    workgroups: grid(params.layer, tiles * requireGroups(params.layer, params.output), WORKGROUP, tile),
  };
}

const POINTWISE = { kernel: [1, 1], padding: [0, 0, 0, 0] } as const;

/** All passes of the convolution. */
export function winogradProgram(
  params: ConvParams,
  precision: Precision,
  variant: ConvVariant,
  winograd: WinogradTile,
  profile: DeviceProfile,
): ConvProgram {
  const { layer, attributes: a, output, epilogue } = params;
  const outGroups = requireGroups(layer, output);
  const inGroups = convRange(params).count;
  const { tiles } = winogradTiles(winograd, output);
  const positions = winogradPositions(winograd);
  const flat: View = { n: 1, h: 1, w: tiles, slices: [inGroups * 4], stride: inGroups, offset: 0 };
  const gemm = tileDispatch(
    { ...params, attributes: { ...a, ...POINTWISE }, input: flat, output: { ...flat, slices: [outGroups * 4], stride: outGroups } },
    'f32',
    variant,
    profile,
  );
  return {
    steps: [
      { dispatch: winogradInputDispatch(winograd, params, precision), operands: ['input', 'tiles'], auxiliary: true },
      { dispatch: gemm, operands: ['tiles', 'transformed', 'parts'] },
      {
        dispatch: winogradOutputDispatch(params, precision, winograd),
        operands: ['parts', 'transformed', epilogue.residual ? 'residual' : 'parts', 'output'],
        auxiliary: true,
      },
    ],
    scratch: { tiles: positions * tiles * inGroups * 16, parts: positions * tiles * outGroups * 16 },
    transform: {
      dispatch: winogradWeightsDispatch(winograd, { layer, inGroups, outGroups }, precision),
      byteLength: winogradWeightBytes(winograd, inGroups, outGroups),
    },
  };
}
