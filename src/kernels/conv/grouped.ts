/** Convolutions whose groups are too narrow for a tile: 4 output channels for each thread. */
import convGroupedShader from '../../../shaders/conv/conv-grouped.wgsl?raw';
import type { ConvParams } from '../lib/conv-params.ts';
import { type DeviceProfile, type EndedDispatch, grid, type Precision, requireGroups, WORKGROUP } from '../lib/kernel.ts';
import { groupedSlices } from '../lib/pack.ts';
import { pixelsOf } from '../lib/views.ts';
import { hasWindow } from '../lib/window.ts';
import { convEnding, convRange, convUniforms } from './params.ts';

export function groupedDispatch(params: ConvParams, precision: Precision, profile: DeviceProfile): EndedDispatch {
  const pixels = profile.name === 'software' ? 4 : 2;
  const { layer, attributes: a, input, output } = params;
  const outGroups = requireGroups(layer, output);
  const slices = a.groups === 1 ? { width: a.outChannels, groups: outGroups } : groupedSlices(layer, output.slices);
  const lastStart = requireGroups(layer, input) - convRange(params).count;
  const { constants, ends } = convEnding(params);
  return {
    kernel: 'conv-grouped',
    shader: convGroupedShader,
    variant: `${pixels}x4`,
    precision,
    constants: {
      PADDED: hasWindow(a),
      PIXELS: pixels,
      SUBGROUPS: profile.processor?.quads ?? false,
      PROCESSOR: profile.processor !== undefined,
      ...constants,
    },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, { channelTiles: outGroups, lastStart, slices }),
    workgroups: grid(layer, Math.ceil(pixelsOf(output) / pixels), WORKGROUP, outGroups),
  };
}
