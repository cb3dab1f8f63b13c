/** Arguments about stages that several classes of timm and transformers share. */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';

/** Blocks of each stage. */
export function readLayers(a: Arguments): number[] {
  const layers = a.sizes('layers', undefined, 'blocks');
  const fits = layers.length > 0 && layers.length <= LIMITS.stages;
  return fits ? layers : a.fail('layers', `has ${layers.length} entries.`, `Give the blocks of 1 to ${LIMITS.stages} stages.`);
}

/** transformers: widths of the stages. */
export function readWidths(a: Arguments, usual: readonly number[]): number[] {
  const widths = a.sizes('hidden_sizes', usual);
  if (!widths.length || widths.length > LIMITS.stages)
    a.fail('hidden_sizes', `has ${widths.length} entries.`, `Give the widths of 1 to ${LIMITS.stages} stages.`);
  return widths;
}

/** timm's output_stride: stages beyond that stride use dilation instead. The stem's stride is `start`. The first `free` stages have stride 1. */
export function dilatedStrides(a: Arguments, stages: number, start: number, free: number): { stride: number; dilation: number }[] {
  const limit = a.choice('output_stride', [8, 16, 32], 32);
  let reached = start;
  let dilation = 1;
  return Array.from({ length: stages }, (_, i) => {
    const stride = i < free ? 1 : 2;
    if (reached < limit) {
      reached *= stride;
      return { stride, dilation };
    }
    dilation *= stride;
    return { stride: 1, dilation };
  });
}
