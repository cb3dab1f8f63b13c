/**
 * Convolution with bias, residual addition and activation in its epilogue. Batch norm is folded into the weights.
 *
 * Several kernels share buffers and parameters: `conv`, `conv-tiled` and `conv-serial`, whose variants are listed in variant.ts and
 * chosen by select.ts, and `conv-grouped` (4 output channels for each thread) for groups that are too narrow for a tile. The shaders
 * have the same names.
 *
 * Buffers: input (NHWC4), weights (pack.ts), residual (NHWC4; any buffer if there is none), output (NHWC4).
 */
import type { ConvParams, ConvVariant } from '../lib/conv-params.ts';
import { type DeviceProfile, type Precision, requireGroups } from '../lib/kernel.ts';
import { groupedSlices } from '../lib/pack.ts';
import { pixelsOf } from '../lib/views.ts';
import { groupedDispatch } from './grouped.ts';
import type { ConvOperand, ConvProgram } from './params.ts';
import { chooseVariant, convCandidates } from './select.ts';
import { sumDispatch } from './sum.ts';
import { tileDispatch } from './tile.ts';
import { MAX_TILED_SIDE } from './variant.ts';
import { winogradProgram } from './winograd.ts';

/**
 * @param variant instead of the one that the device profile would choose (named.ts). It must suit the layer
 */
export function convProgram(params: ConvParams, precision: Precision, profile: DeviceProfile, variant?: ConvVariant): ConvProgram {
  const { output, epilogue } = params;
  const outGroups = requireGroups(params.layer, output);
  const operands: ConvOperand[] = ['weights', epilogue.residual ? 'residual' : 'input', 'output'];
  if (!isShared(params, profile) || (profile.avoid && convCandidates(params, profile).length === 0))
    return { steps: [{ dispatch: groupedDispatch(params, precision, profile), operands: ['input', ...operands] }], scratch: {} };

  const chosen = variant ?? chooseVariant(params, profile);
  const { winograd, split } = chosen;
  if (winograd) return winogradProgram(params, precision, chosen, winograd, profile);
  const packed = tileDispatch(params, precision, chosen, profile);
  const dispatch = (chosen.f16 && precision === 'f16' && profile.f16Arithmetic?.(packed)) || packed;
  const step = (bound: ConvOperand[]) => ({ dispatch, operands: dispatch.bindings.map((_, i) => bound[i] ?? 'weights') });
  if (split === 1) return { steps: [step(['input', ...operands])], scratch: {} };
  return {
    steps: [
      step(['input', 'weights', 'parts']),
      {
        dispatch: sumDispatch(params, precision, split),
        operands: ['parts', 'weights', epilogue.residual ? 'residual' : 'parts', 'output'],
        auxiliary: true,
      },
    ],
    scratch: { parts: split * pixelsOf(output) * outGroups * 16 },
  };
}

/**
 * Whether the convolution's groups are wide enough for a tile, so that all output channels of a thread read the same input
 * channels. Tiles in workgroup memory are 32 channels wide and may be half empty. In other tiles, a thread's 16 channels must belong
 * to one group.
 */
function isShared({ layer, attributes: a, inChannels, input, output }: ConvParams, { name, avoid }: DeviceProfile): boolean {
  if (a.groups === 1) return true;
  if (name === 'mobile') return false;
  const width = a.outChannels / a.groups;
  const isTiled = name !== 'amd' && name !== 'software' && !avoid?.isOut('tiled') && Math.max(input.h, input.w) <= MAX_TILED_SIDE;
  const isWide = isTiled ? width > 32 && width % 4 === 0 : width % 16 === 0;
  return isWide && (inChannels / a.groups) % 4 === 0 && groupedSlices(layer, output.slices).width === a.outChannels;
}
