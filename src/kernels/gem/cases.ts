import type { OpAttributes, Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference-common.ts';
import { gemDispatch } from './dispatch.ts';
import { generalizedMean } from './reference.ts';

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
    // WGSL's pow may be off by 16 units in the last place or more.
    tolerance: { f32: 2e-5 },
  };
}

export const cases: KernelCase[] = [
  gem([2, 9, 6, 7], {}, true),
  gem([1, 2048, 7, 7], { learned: true }),
  gem([1, 5, 33, 31], { p: 2.5, learned: true }),
  gem([2, 6, 4, 4], { p: 3, clamp: false }),
];
