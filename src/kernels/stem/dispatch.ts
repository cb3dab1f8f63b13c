/**
 * The first convolution. It reads the caller's dense float32 NCHW tensor directly, so that no step has to convert its layout.
 *
 * Buffers: input (dense float32 NCHW), weights (lib/pack.ts), output (NHWC4).
 */
import stemShader from '../../../shaders/stem/stem.wgsl?raw';
import stemTiledShader from '../../../shaders/stem/stem-tiled.wgsl?raw';
import type { ConvParams } from '../lib/conv-params.ts';
import { type Bend, ending } from '../lib/epilogue.ts';
import { type DeviceProfile, type EndedDispatch, grid, type Precision, requireGroups, requireShader, WORKGROUP } from '../lib/kernel.ts';
import { pixelsOf, place } from '../lib/views.ts';
import { isPadded, windowConstants } from '../lib/window.ts';

/** Register tiles of stem.wgsl. `tiled` uses workgroup memory instead, `serial` is for software adapters. */
type StemForm = 'direct' | 'tiled' | 'serial';

/** A step of the tiled kernel is a row of the window, which must fit into 16 KiB. A step of the serial one is all channels of a tap, unrolled. */
function stemForm(
  { name, processor, avoid }: DeviceProfile,
  row: number,
  channels: number,
): [form: StemForm, pixels: number, groups: number] {
  if (name === 'amd') return ['direct', 1, 8];
  if (processor && channels <= 4 && !avoid?.isOut('stem-serial')) return ['serial', 7, 4];
  return row <= 36 && !avoid?.isOut('stem-tiled') ? ['tiled', 8, 8] : ['direct', 1, 2];
}

export interface StemParams extends Omit<ConvParams, 'epilogue' | 'input'> {
  height: number;
  width: number;
  /** An activation that leaves zero unchanged (`keepsZero`). */
  epilogue: Bend;
}

export function stemDispatch(params: StemParams, precision: Precision, profile: DeviceProfile): EndedDispatch {
  const { layer, attributes: a, output, inChannels } = params;
  const outGroups = requireGroups(layer, output);
  const rows = a.kernel[1] * inChannels;
  const [form, pixels, groups] = stemForm(profile, rows, inChannels);
  const own = {
    direct: { PIXELS: pixels, GROUPS: groups, SUMS: pixels * groups },
    tiled: { ROWS: rows, A_ROUNDS: Math.ceil(rows / 4), B_ROUNDS: Math.ceil(rows / 8) },
    serial: {
      PIXELS: pixels,
      GROUPS: groups,
      SUMS: pixels * groups,
      QUARTERS: groups / 4,
      LOADS: pixels * inChannels,
      SUBGROUPS: profile.processor?.quads ?? false,
    },
  };
  const { constants, ends } = ending(params.epilogue);
  return {
    kernel: form === 'direct' ? 'stem' : `stem-${form}`,
    shader: requireShader({ direct: stemShader, tiled: stemTiledShader, serial: profile.processor?.stem }[form], `stem-${form}`),
    variant: form === 'tiled' ? '8x4' : `${pixels}x${groups * 4}`,
    precision,
    constants: { ...windowConstants(a), PADDED: isPadded(a), CHANNELS: inChannels, ...constants, ...own[form] },
    ends,
    bindings: ['read', 'read', 'write'],
    uniforms: {
      pixels: pixelsOf(output),
      out_height: output.h,
      out_width: output.w,
      height: params.height,
      width: params.width,
      out_groups: outGroups,
      ...place('out', output),
    },
    workgroups: grid(layer, Math.ceil(pixelsOf(output) / pixels), form === 'tiled' ? 8 : WORKGROUP, Math.ceil(outGroups / groups)),
  };
}
