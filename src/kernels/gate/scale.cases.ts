import type { Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference.ts';
import { references } from '../references.ts';
import { mul } from './reference.ts';
import { scaleDispatch } from './scale.ts';

const { add, relu } = references;

function scale(shape: Shape, { residual: isResidual = false, ...options }: ViewOptions & { residual?: boolean } = {}): KernelCase {
  const name = `scale${isResidual ? ' residual relu' : ''} [${shape.join()}]${options.placed ? ' placed' : ''}`;
  const [n, c] = size4(shape);
  const input = viewBuffer(shape, { ...options, seed: 4 });
  const factors = viewBuffer([n, c, 1, 1], { slices: options.slices, placed: !options.placed, seed: 5 });
  const residual = viewBuffer(shape, { slices: options.slices, placed: !options.placed, seed: 6 });
  const output = viewBuffer(shape, options);
  const params = { layer: name, input: viewOf(input), factors: viewOf(factors), output: viewOf(output), relu: isResidual };
  return {
    name,
    buffers: { input, factors, residual, output },
    steps: (precision) => [
      {
        dispatch: scaleDispatch(isResidual ? { ...params, residual: viewOf(residual) } : params, precision),
        operands: ['input', 'factors', isResidual ? 'residual' : 'input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const scaled = mul({}, [tensorOf(tensors, 'input'), tensorOf(tensors, 'factors')], {});
      return isResidual ? relu({}, [add({}, [scaled, tensorOf(tensors, 'residual')], {})], {}) : scaled;
    },
  };
}

export const cases: KernelCase[] = [
  scale([2, 5, 7, 3], { placed: true }),
  scale([1, 256, 56, 56], { residual: true }),
  scale([2, 7, 5, 4], { residual: true, placed: true }),
  scale([2, 5, 3, 4], { residual: true }),
  scale([3, 3, 1, 1]),
];
