import type { Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference-common.ts';
import { references } from '../references.ts';
import { globalPoolDispatch } from './dispatch.ts';
import { globalAveragePool } from './reference.ts';

const { radix_sum } = references;

function mean(shape: Shape, options: ViewOptions & { radix?: number; offset?: number } = {}): KernelCase {
  const { radix = 1 } = options;
  const [n, c] = size4(shape);
  const name = `mean [${shape.join()}]${radix > 1 ? ` radix ${radix}` : ''}${options.placed ? ' placed' : ''}`;
  const input = viewBuffer(shape, { ...options, seed: 1 });
  const output = viewBuffer([n, c / radix, 1, 1], { placed: options.placed, ...(radix === 1 && { slices: options.slices }) });
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: globalPoolDispatch({ layer: name, input: viewOf(input), output: viewOf(output), radix }, precision),
        operands: ['input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => globalAveragePool({}, [radix_sum({ radix }, [tensorOf(tensors, 'input')], {})], {}),
    // The mean of numbers around zero is much smaller than they are, so its relative error is larger.
    tolerance: { f32: options.offset === undefined ? 2e-5 : 2e-6 },
  };
}

export const cases: KernelCase[] = [
  mean([1, 2048, 7, 7]),
  mean([1, 64, 56, 56]),
  mean([3, 21, 7, 5], { placed: true }),
  mean([1, 3, 61, 67]),
  mean([2, 5, 1, 1]),
  mean([1, 7, 224, 224], { offset: 100 }),
  mean([2, 52, 5, 6], { slices: [26, 26] }),
  mean([1, 128, 56, 56], { radix: 2 }),
  mean([2, 26, 9, 7], { radix: 2, slices: [13, 13], placed: true }),
  mean([1, 12, 3, 3], { radix: 4, slices: [3, 3, 3, 3] }),
];
