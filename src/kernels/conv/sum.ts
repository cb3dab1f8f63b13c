import convSumShader from '../../../shaders/conv/conv-sum.wgsl?raw';
import type { ConvParams } from '../lib/conv-params.ts';
import { type EndedDispatch, grid, type Precision, requireGroups } from '../lib/kernel.ts';
import { pixelsOf } from '../lib/views.ts';
import { convEnding, convUniforms } from './params.ts';

/** Adds up the parts of a split sum. */
export function sumDispatch(params: ConvParams, precision: Precision, split: number): EndedDispatch {
  const { constants, ends } = convEnding(params);
  return {
    kernel: 'conv-sum',
    shader: convSumShader,
    variant: `${split} parts`,
    precision,
    constants: { WIDE: true, ...constants },
    ends,
    bindings: ['read', 'read', 'read', 'write'],
    uniforms: convUniforms(params, { share: split }),
    workgroups: grid(params.layer, pixelsOf(params.output) * requireGroups(params.layer, params.output)),
  };
}
