/** The kernels that keep a tile of the output in registers: `conv`, `conv-tiled` and `conv-serial`. */
import convShader from '../../../shaders/conv/conv.wgsl?raw';
import convTiledShader from '../../../shaders/conv/conv-tiled.wgsl?raw';
import type { ConvParams, ConvVariant } from '../lib/conv-params.ts';
import { type DeviceProfile, type Dispatch, grid, type Precision, requireGroups, requireShader } from '../lib/kernel.ts';
import { pixelsOf } from '../lib/views.ts';
import { hasWindow } from '../lib/window.ts';
import { convEnding, convRange, convUniforms } from './params.ts';
import { tilesOf, variantConstants, variantName } from './variant.ts';
import { winogradPositions } from './winograd-tiles.ts';

/** The convolution itself. With `split` or Winograd, the parts of its sum. */
export function tileDispatch(params: ConvParams, precision: Precision, variant: ConvVariant, { processor }: DeviceProfile): Dispatch {
  const { layer, attributes: a, output } = params;
  const { constants, ends } = convEnding(params);
  const [x, z] = tilesOf(variant, pixelsOf(output), requireGroups(layer, output), a.groups);
  const isPart = variant.winograd !== undefined || variant.split > 1;
  const parts = variant.winograd ? winogradPositions(variant.winograd) : variant.split;
  return {
    kernel: variant.kernel,
    shader: requireShader(
      { conv: convShader, 'conv-tiled': convTiledShader, 'conv-serial': processor?.conv }[variant.kernel],
      variant.kernel,
    ),
    variant: variantName(variant),
    precision,
    constants: {
      ...variantConstants(variant),
      ...(!isPart && constants),
      ...(variant.kernel === 'conv-serial'
        ? // On a CPU, compiling it without a window takes longer than running it with one.
          { PADDED: true, SUBGROUPS: processor?.quads ?? false, PROCESSOR: true }
        : {
            PADDED: hasWindow(a),
            PARTIAL: isPart,
            BATCHED: variant.winograd !== undefined,
            WIDE: variant.winograd !== undefined,
            GROUPED: a.groups > 1,
          }),
    },
    ...(!isPart && { ends }),
    bindings: isPart ? ['read', 'read', 'write'] : ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, {
      channelTiles: z,
      share: Math.ceil(convRange(params).count / variant.depth / variant.split) * variant.depth,
    }),
    workgroups: grid(layer, x, 1, z * parts),
  };
}
