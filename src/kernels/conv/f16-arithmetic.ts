/** Convolutions with f16 arithmetic, which needs `shader-f16`. Fetched for f16 models on GPUs where it pays (gpu/complete-profile.ts). */
import input from '../../../shaders/conv/lib/input.F16_MATH.wgsl?raw';
import block from '../../../shaders/lib/block.F16_MATH.wgsl?raw';
import multiply from '../../../shaders/lib/multiply.F16_MATH.wgsl?raw';
import type { Dispatch } from '../lib/kernel.ts';

/** The dispatch with f16 arithmetic, with the weights bound a second time at the end. Unchanged if that is not possible. */
export function withF16Arithmetic(packed: Dispatch): Dispatch {
  const { DEPTH = 1, LOADS = 1, WIDE } = packed.constants;
  if (packed.kernel !== 'conv' || WIDE || Number(DEPTH) % 2 === 1) return packed;
  const binding = `@binding(${packed.bindings.length + 1})`;
  return {
    ...packed,
    modules: {
      'conv::lib::input': input,
      'lib::block': block.replace('@binding(5)', binding),
      'lib::multiply': multiply,
    },
    constants: { ...packed.constants, F16_MATH: true, DEPTH: Number(DEPTH) / 2, LOADS: Number(LOADS) / 2 },
    bindings: [...packed.bindings, 'read'],
  };
}
