import type { Tensor } from '../../api/types.ts';
import type { Shape } from '../../graph/types.ts';
import { bend, bent, ZERO_KEEPING } from '../epilogue.reference.ts';
import { type CaseBuffer, type KernelCase, noise, pairsBuffer, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import { size4 } from '../lib/reference-common.ts';
import { references } from '../references.ts';
import { layerNormDispatch, normActDispatch, normApplyDispatch, normStatisticsBytes, normStatisticsDispatch } from './dispatch.ts';
import { evoNorm, filterResponseNorm, groupNorm, layerNorm } from './reference.ts';

const { add } = references;

interface NormOptions extends ViewOptions {
  offset?: number;
  residual?: boolean;
  /** After the residual. Default ReLU. */
  activation?: Activation;
  f32?: number;
}

function normCase(
  kind: string,
  shape: Shape,
  options: NormOptions,
  parts: {
    scratch?: (input: CaseBuffer) => CaseBuffer;
    steps: (buffers: { input: CaseBuffer; residual: CaseBuffer; output: CaseBuffer }, name: string) => KernelCase['steps'];
    expected: (x: Tensor, weights: { weight: Float32Array; bias: Float32Array }) => Tensor;
  },
): KernelCase {
  const flags = `${options.offset ? ` around ${options.offset}` : ''}${options.residual ? ` residual ${options.activation ?? 'relu'}` : ''}${options.placed ? ' placed' : ''}`;
  const name = `${kind} [${shape.join()}]${flags}`;
  const [, c] = size4(shape);
  const [weight, bias] = [noise([c], 1, 2), noise([c], 2, 2)];
  const input = viewBuffer(shape, { placed: options.placed, offset: options.offset, seed: 3 });
  const residual = viewBuffer(shape, { placed: !options.placed, seed: 4 });
  const output = viewBuffer(shape, { placed: options.placed });
  return {
    name,
    buffers: { input, parameters: pairsBuffer(weight, bias), ...(parts.scratch && { statistics: parts.scratch(input) }), residual, output },
    steps: parts.steps({ input, residual, output }, name),
    output: 'output',
    expected: (tensors) => {
      const normal = parts.expected(tensorOf(tensors, 'input'), { weight, bias });
      return options.residual ? bent(options.activation ?? 'relu', add({}, [normal, tensorOf(tensors, 'residual')], {})) : normal;
    },
    ...(options.f32 !== undefined && { tolerance: { f32: options.f32 } }),
  };
}

const eps = 1e-5;

function group(shape: Shape, groups: number, options: NormOptions = {}): KernelCase {
  return normCase(`group ${groups}`, shape, options, {
    scratch: (input) => ({ shape: [normStatisticsBytes('scratch', viewOf(input)) / 4] }),
    steps: (buffers, layer) => (precision) => {
      const views = { layer, input: viewOf(buffers.input), output: viewOf(buffers.output) };
      return [
        { dispatch: normStatisticsDispatch({ ...views, groups, eps }, precision), operands: ['input', 'parameters', 'statistics'] },
        {
          dispatch: normApplyDispatch(
            {
              ...views,
              epilogue: options.residual ? { ...bend(options.activation ?? 'relu'), residual: viewOf(buffers.residual) } : bend(),
            },
            precision,
          ),
          operands: ['input', 'statistics', options.residual ? 'residual' : 'input', 'output'],
        },
      ];
    },
    expected: (x, weights) => groupNorm({ groups, eps, affine: true }, [x], weights),
  });
}

function layer(shape: Shape, options: NormOptions = {}): KernelCase {
  return normCase('layer', shape, options, {
    steps: (buffers, name) => (precision) => {
      const views = { layer: name, input: viewOf(buffers.input), output: viewOf(buffers.output), eps };
      return [
        {
          dispatch: layerNormDispatch(
            {
              ...views,
              epilogue: options.residual ? { ...bend(options.activation ?? 'relu'), residual: viewOf(buffers.residual) } : bend(),
            },
            precision,
          ),
          operands: ['input', 'parameters', options.residual ? 'residual' : 'input', 'output'],
        },
      ];
    },
    expected: (x, weights) => layerNorm({ over: 'channels', eps, affine: true }, [x], weights),
  });
}

function act(kind: 'evo' | 'threshold', shape: Shape, groups: number, options: ViewOptions = {}): KernelCase {
  const name = `${kind} ${groups} [${shape.join()}]${options.placed ? ' placed' : ''}`;
  const [, c] = size4(shape);
  const [weight, bias, v] = [noise([c], 1, 2), noise([c], 2, 2), noise([c], 5, 2)];
  const input = viewBuffer(shape, { placed: options.placed, seed: 3 });
  const output = viewBuffer(shape, { placed: options.placed });
  const slopes = new Float32Array(4 * Math.ceil(c / 4));
  slopes.set(v);
  const centered = kind === 'evo';
  const views = { layer: name, kind, input: viewOf(input), output: viewOf(output) };
  return {
    name,
    buffers: {
      input,
      parameters: pairsBuffer(weight, bias),
      statistics: { shape: [normStatisticsBytes(name, viewOf(input)) / 4] },
      slopes: { shape: [slopes.length], data: slopes },
      output,
    },
    steps: (precision) => [
      { dispatch: normStatisticsDispatch({ ...views, groups, eps, centered }, precision), operands: ['input', 'parameters', 'statistics'] },
      { dispatch: normActDispatch(views, precision), operands: ['input', 'statistics', 'slopes', 'output'] },
    ],
    output: 'output',
    expected: (tensors) => {
      const x = tensorOf(tensors, 'input');
      return centered ? evoNorm({ groups, eps }, [x], { weight, bias, v }) : filterResponseNorm({ eps }, [x], { weight, bias, tau: v });
    },
  };
}

export const cases: KernelCase[] = [
  act('evo', [2, 12, 7, 5], 4, { placed: true }),
  act('evo', [1, 64, 28, 28], 32),
  act('evo', [2, 15, 6, 6], 5),
  act('threshold', [2, 7, 6, 5], 7, { placed: true }),
  act('threshold', [1, 32, 14, 14], 32),
  group([2, 12, 7, 5], 4, { placed: true }),
  group([1, 6, 9, 8], 1),
  group([1, 64, 56, 56], 32),
  group([2, 256, 14, 14], 32, { residual: true }),
  ...ZERO_KEEPING.map((activation) => group([2, 10, 5, 7], 5, { residual: true, activation })),
  group([2, 26, 5, 7], 13, { placed: true, residual: true }),
  group([1, 15, 6, 6], 5),
  group([1, 2048, 7, 7], 1),
  // The mean is 100 deviations: the rounding of the input itself, 2^-17, is then 1.3e-5 of the deviation.
  group([1, 32, 16, 16], 8, { offset: 100, f32: 1e-5 }),
  // Instance norm: each channel is a group. At 1x1 the variance is zero and only beta is left.
  group([2, 5, 9, 7], 5),
  group([2, 7, 1, 1], 7, { placed: true }),
  layer([3, 10, 1, 1]),
  layer([4, 17, 1, 1], { placed: true }),
  layer([1, 64, 56, 56]),
  ...ZERO_KEEPING.map((activation) => layer([2, 5, 7, 9], { residual: true, activation })),
  layer([2, 600, 3, 5], { placed: true, residual: true }),
  layer([1, 32, 16, 16], { offset: 100, f32: 1e-5 }),
  layer([2, 1, 3, 3]),
];
