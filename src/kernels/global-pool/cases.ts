import type { OpAttributes, Shape } from '../../graph/types.ts';
import { radixSum } from '../gate/reference.ts';
import { gemDispatch } from '../gem/dispatch.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference.ts';
import { globalPoolDispatch } from './dispatch.ts';
import { generalizedMean, globalAveragePool } from './reference.ts';

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
    expected: (tensors) => globalAveragePool({}, [radixSum({ radix }, [tensorOf(tensors, 'input')], {})], {}),
    // The mean of numbers around zero is small against them, and so is its error against theirs.
    tolerance: { f32: options.offset === undefined ? 2e-5 : 2e-6 },
  };
}

function gem(shape: Shape, attributes: Partial<OpAttributes['gem']>, placed = false): KernelCase {
  const a: OpAttributes['gem'] = { p: 3, eps: 1e-6, clamp: true, learned: false, ...attributes };
  const [n, c] = size4(shape);
  const name = `gem p ${a.p}${a.clamp ? '' : ' unclamped'}${a.learned ? ' learned' : ''} [${shape.join()}]`;
  const input = viewBuffer(shape, { placed, seed: 2, offset: a.clamp ? 0.2 : 1.5 });
  const output = viewBuffer([n, c, 1, 1], { placed });
  return {
    name,
    buffers: { input, exponent: { shape: [1], data: Float32Array.of(a.learned ? a.p : 99) }, output },
    steps: (precision) => [
      {
        dispatch: gemDispatch({ layer: name, attributes: a, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'exponent', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => generalizedMean(a, [tensorOf(tensors, 'input')], { p: Float32Array.of(a.p) }),
    // WGSL's pow may be off by 16 units in the last place and more.
    tolerance: { f32: 2e-5 },
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
  gem([2, 9, 6, 7], {}, true),
  gem([1, 2048, 7, 7], { learned: true }),
  gem([1, 5, 33, 31], { p: 2.5, learned: true }),
  gem([2, 6, 4, 4], { p: 3, clamp: false }),
];
