import type { CurveOp } from '../../graph/curve-ops.ts';
import type { GraphNode, OpAttributes, Shape } from '../../graph/types.ts';
import { ATTRIBUTES } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { CURVES, curveOf } from '../lib/curves.ts';
import { computeNode } from '../references.ts';
import { curveDispatch } from './dispatch.ts';

interface Options<Op extends CurveOp | 'prelu'> extends ViewOptions {
  attributes?: OpAttributes[Op];
  /** Slopes of PReLU. */
  slopes?: number;
  scale?: number;
}

function curve<Op extends CurveOp | 'prelu'>(op: Op, shape: Shape, { slopes = 1, scale = 4, ...options }: Options<Op> = {}): KernelCase {
  const { attributes = { prelu: {}, ...ATTRIBUTES }[op] } = options;
  const node = { op, attributes } as GraphNode;
  const amounts = Object.values(attributes);
  const name = `${op}${amounts.length ? ` of ${amounts.join(' and ')}` : ''} ${slopes > 1 ? 'by channel ' : ''}[${shape.join()}]${options.slices ? ' sliced' : ''}`;
  const [input, output] = [viewBuffer(shape, { ...options, seed: 1, scale }), viewBuffer(shape, options)];
  // Slopes may also be negative.
  const learned = denseBuffer([slopes], 2, 0.5);
  return {
    name,
    buffers: { input, slopes: learned, output },
    steps: (precision) => [
      {
        dispatch: curveDispatch(
          {
            layer: name,
            kind: curveOf(node) ?? 'prelu',
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
    expected: (tensors) => computeNode(node, [tensorOf(tensors, 'input')], { weight: noise([slopes], 2, 0.5) }),
  };
}

export const cases: KernelCase[] = [
  curve('leaky_relu', [2, 5, 7, 3], { attributes: { slope: 0.01 } }),
  curve('leaky_relu', [2, 52, 5, 6], { attributes: { slope: 0.2 }, slices: [26, 26], placed: true }),
  curve('prelu', [2, 7, 5, 6], { placed: true }),
  curve('prelu', [3, 33, 1, 1], { slopes: 33 }),
  curve('prelu', [2, 6, 4, 3], { slopes: 6, placed: true }),
  curve('elu', [2, 5, 7, 3], { attributes: { alpha: 1 } }),
  curve('elu', [2, 9, 1, 1], { attributes: { alpha: 0.5 }, scale: 100 }),
  curve('elu', [2, 9, 1, 1], { attributes: { alpha: 1 }, scale: 0.001 }),
  curve('gelu', [2, 5, 7, 3]),
  curve('gelu', [1, 9, 1, 1], { scale: 30 }),
  curve('tanh', [2, 5, 7, 3]),
  curve('tanh', [1, 9, 1, 1], { scale: 200 }),
  curve('sigmoid', [3, 33, 1, 1], { scale: 12 }),
  curve('sigmoid', [2, 7, 5, 6], { scale: 12, placed: true }),
  curve('silu', [2, 7, 5, 6], { scale: 12, slices: [3, 4], placed: true }),
  curve('hard_sigmoid', [2, 7, 5, 6], { scale: 12, placed: true }),
  curve('hard_swish', [2, 7, 5, 6], { scale: 12, slices: [3, 4], placed: true }),
  ...CURVES.map((kind) => curve(kind, [2, 6, 5, 4], { scale: 12 })),
  ...(['gelu_tanh', 'quick_gelu', 'relu6', 'mish'] as const).flatMap((kind) => [
    curve(kind, [2, 5, 7, 3], { scale: 8 }),
    // Far from zero, where exponentials overflow.
    curve(kind, [1, 26, 4, 5], { scale: 200, slices: [13, 13], placed: true }),
  ]),
];
