import type { Shape } from '../../graph/types.ts';
import { bend, bent, ZERO_KEEPING } from '../epilogue.reference.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import { size4 } from '../lib/reference-common.ts';
import { references } from '../references.ts';
import { mul } from './reference.ts';
import { scaleDispatch } from './scale.ts';

const { add } = references;

interface ScaleOptions extends ViewOptions {
  residual?: boolean;
  /** After the residual. */
  activation?: Activation;
}

function scale(shape: Shape, { residual: isResidual = false, activation = 'relu', ...options }: ScaleOptions = {}): KernelCase {
  const name = `scale${isResidual ? ` residual ${activation}` : ''} [${shape.join()}]${options.placed ? ' placed' : ''}`;
  const [n, c] = size4(shape);
  const input = viewBuffer(shape, { ...options, seed: 4 });
  const factors = viewBuffer([n, c, 1, 1], { slices: options.slices, placed: !options.placed, seed: 5 });
  const residual = viewBuffer(shape, { slices: options.slices, placed: !options.placed, seed: 6 });
  const output = viewBuffer(shape, options);
  const params = { layer: name, input: viewOf(input), factors: viewOf(factors), output: viewOf(output) };
  return {
    name,
    buffers: { input, factors, residual, output },
    steps: (precision) => [
      {
        dispatch: scaleDispatch(
          isResidual ? { ...params, epilogue: { ...bend(activation), residual: viewOf(residual) } } : params,
          precision,
        ),
        operands: ['input', 'factors', isResidual ? 'residual' : 'input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const scaled = mul({}, [tensorOf(tensors, 'input'), tensorOf(tensors, 'factors')], {});
      return isResidual ? bent(activation, add({}, [scaled, tensorOf(tensors, 'residual')], {})) : scaled;
    },
  };
}

export const cases: KernelCase[] = [
  scale([2, 5, 7, 3], { placed: true }),
  scale([1, 256, 56, 56], { residual: true }),
  ...ZERO_KEEPING.map((activation) => scale([2, 7, 5, 4], { residual: true, activation, placed: true })),
  scale([2, 5, 3, 4], { residual: true }),
  scale([3, 3, 1, 1]),
];
