import type { Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference-common.ts';
import { radixSoftmaxDispatch } from './radix.ts';
import { radixApply, radixSoftmax, radixSum } from './reference.ts';
import { scaleDispatch } from './scale.ts';

const splits = (channels: number, radix: number) => Array.from({ length: radix }, () => channels / radix);

function sum(shape: Shape, radix: number, options: ViewOptions = {}): KernelCase {
  const [n, c, h, w] = size4(shape);
  const name = `sum ${radix} of [${shape.join()}]`;
  const input = viewBuffer(shape, { slices: splits(c, radix), ...options, seed: 1 });
  const output = viewBuffer([n, c / radix, h, w], { placed: options.placed });
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: scaleDispatch({ layer: name, radix, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'input', 'input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => radixSum({ radix }, [tensorOf(tensors, 'input')], {}),
  };
}

function softmax(n: number, c: number, radix: number, groups: number, placed = false): KernelCase {
  const name = `softmax ${radix} of [${n},${c}] groups ${groups}`;
  const input = viewBuffer([n, c, 1, 1], { placed, seed: 2, scale: 120 });
  const output = viewBuffer([n, c, 1, 1], { slices: splits(c, radix), placed: !placed });
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: radixSoftmaxDispatch({ layer: name, radix, groups, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => radixSoftmax({ radix, groups }, [tensorOf(tensors, 'input')], {}),
  };
}

function apply(shape: Shape, radix: number, options: ViewOptions = {}): KernelCase {
  const [n, c, h, w] = size4(shape);
  const name = `apply ${radix} to [${shape.join()}]`;
  const input = viewBuffer(shape, { slices: splits(c, radix), ...options, seed: 3 });
  const factors = viewBuffer([n, c, 1, 1], { slices: splits(c, radix), placed: !options.placed, seed: 4 });
  const output = viewBuffer([n, c / radix, h, w], { placed: options.placed });
  return {
    name,
    buffers: { input, factors, output },
    steps: (precision) => [
      {
        dispatch: scaleDispatch({ layer: name, radix, input: viewOf(input), factors: viewOf(factors), output: viewOf(output) }, precision),
        operands: ['input', 'factors', 'input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => radixApply({ radix }, [tensorOf(tensors, 'input'), tensorOf(tensors, 'factors')], {}),
  };
}

export const cases: KernelCase[] = [
  sum([1, 128, 56, 56], 2, { slices: [128] }),
  sum([2, 21, 5, 6], 3, { placed: true }),
  sum([1, 7, 3, 3], 1),
  sum([1, 80, 3, 5], 2),
  softmax(2, 128, 2, 1),
  softmax(1, 640, 2, 2),
  softmax(2, 60, 2, 3, true),
  softmax(1, 24, 4, 2),
  softmax(2, 10, 2, 5),
  softmax(2, 7, 1, 1),
  apply([1, 128, 56, 56], 2, { slices: [128] }),
  apply([2, 26, 5, 6], 2, { placed: true }),
  apply([1, 5, 3, 3], 1),
];
