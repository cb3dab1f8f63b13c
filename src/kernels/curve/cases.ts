import type { CurveOp } from '../../graph/curves.ts';
import type { Shape } from '../../graph/types.ts';
import { AMOUNTS } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { curve as bend, CURVES } from '../lib/curves.ts';
import type { Reference } from '../lib/reference.ts';
import { curveDispatch } from './dispatch.ts';
import { curves, prelu } from './reference.ts';

interface Options extends ViewOptions {
  amount?: number;
  /** Learned ones. */
  slopes?: number;
  scale?: number;
}

function curve(kind: CurveOp | 'prelu', shape: Shape, { amount = 0, slopes = 1, scale = 4, ...options }: Options = {}): KernelCase {
  const name = `${kind}${amount ? ` of ${amount}` : ''} ${slopes > 1 ? 'by channel ' : ''}[${shape.join()}]${options.slices ? ' sliced' : ''}`;
  const [input, output] = [viewBuffer(shape, { ...options, seed: 1, scale }), viewBuffer(shape, options)];
  // Slopes may be negative, too.
  const learned = denseBuffer([slopes], 2, 0.5);
  return {
    name,
    buffers: { input, slopes: learned, output },
    steps: (precision) => [
      {
        dispatch: curveDispatch(
          {
            layer: name,
            kind: kind === 'prelu' ? kind : bend(kind, amount),
            perChannel: slopes > 1,
            input: viewOf(input),
            output: viewOf(output),
          },
          precision,
        ),
        operands: ['input', 'slopes', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const x = [tensorOf(tensors, 'input')];
      if (kind === 'prelu') return prelu({}, x, { weight: noise([slopes], 2, 0.5) });
      return (curves[kind] as Reference<CurveOp>)({ slope: amount, alpha: amount }, x, {});
    },
  };
}

export const cases: KernelCase[] = [
  curve('leaky_relu', [2, 5, 7, 3], { amount: 0.01 }),
  curve('leaky_relu', [2, 52, 5, 6], { amount: 0.2, slices: [26, 26], placed: true }),
  curve('prelu', [2, 7, 5, 6], { placed: true }),
  curve('prelu', [3, 33, 1, 1], { slopes: 33 }),
  curve('prelu', [2, 6, 4, 3], { slopes: 6, placed: true }),
  curve('elu', [2, 5, 7, 3], { amount: 1 }),
  curve('elu', [2, 9, 1, 1], { amount: 0.5, scale: 100 }),
  curve('elu', [2, 9, 1, 1], { amount: 1, scale: 0.001 }),
  curve('gelu', [2, 5, 7, 3]),
  curve('gelu', [1, 9, 1, 1], { scale: 30 }),
  curve('tanh', [2, 5, 7, 3]),
  curve('tanh', [1, 9, 1, 1], { scale: 200 }),
  curve('sigmoid', [3, 33, 1, 1], { scale: 12 }),
  curve('sigmoid', [2, 7, 5, 6], { scale: 12, placed: true }),
  curve('silu', [2, 7, 5, 6], { scale: 12, slices: [3, 4], placed: true }),
  curve('hard_sigmoid', [2, 7, 5, 6], { scale: 12, placed: true }),
  curve('hard_swish', [2, 7, 5, 6], { scale: 12, slices: [3, 4], placed: true }),
  ...CURVES.map((kind) => curve(kind, [2, 6, 5, 4], { scale: 12, amount: AMOUNTS[kind] })),
  ...(['gelu_tanh', 'quick_gelu', 'relu6', 'mish'] as const).flatMap((kind) => [
    curve(kind, [2, 5, 7, 3], { scale: 8 }),
    // Far from zero, where powers overflow.
    curve(kind, [1, 26, 4, 5], { scale: 200, slices: [13, 13], placed: true }),
  ]),
];
