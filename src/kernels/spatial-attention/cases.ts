import type { Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference-common.ts';
import { channelPoolDispatch, multiplyDispatch } from './dispatch.ts';
import { channelPool, mulBroadcast } from './reference.ts';

function pool(
  shape: Shape,
  { average = false, offset, ...options }: ViewOptions & { average?: boolean; offset?: number } = {},
): KernelCase {
  const name = `pool${average ? ' average' : ''} [${shape.join()}]${options.placed ? ' placed' : ''}${offset ? ` around ${offset}` : ''}`;
  const [n, , h, w] = size4(shape);
  const input = viewBuffer(shape, { ...options, seed: 1, offset });
  const output = viewBuffer([n, average ? 1 : 2, h, w], { placed: options.placed });
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: channelPoolDispatch({ layer: name, average, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => channelPool({ average }, [tensorOf(tensors, 'input')], {}),
  };
}

function multiply(shape: Shape, factor: Shape, options: ViewOptions = {}): KernelCase {
  const name = `[${shape.join()}] times [${factor.join()}]${options.placed ? ' placed' : ''}`;
  const input = viewBuffer(shape, { ...options, seed: 2 });
  const slices = factor[1] === 1 ? undefined : options.slices;
  const factors = viewBuffer(factor, { slices, placed: !options.placed, seed: 3 });
  const output = viewBuffer(shape, options);
  const params = { layer: name, input: viewOf(input), factors: viewOf(factors), output: viewOf(output) };
  return {
    name,
    buffers: { input, factors, output },
    steps: (precision) => [{ dispatch: multiplyDispatch(params, precision), operands: ['input', 'factors', 'output'] }],
    output: 'output',
    expected: (tensors) => mulBroadcast({}, [tensorOf(tensors, 'input'), tensorOf(tensors, 'factors')], {}),
  };
}

export const cases: KernelCase[] = [
  pool([2, 5, 7, 6], { placed: true }),
  pool([1, 256, 28, 28]),
  pool([1, 600, 5, 3], { average: true, placed: true }),
  // All values are below zero, so padding channels would be the maximum.
  pool([2, 6, 5, 7], { offset: -5 }),
  pool([3, 1, 1, 1]),
  multiply([2, 5, 7, 6], [2, 1, 7, 6], { placed: true }),
  multiply([1, 64, 28, 28], [1, 1, 28, 28]),
  multiply([2, 7, 5, 6], [2, 7, 5, 1], { slices: [3, 4] }),
  multiply([2, 7, 5, 6], [2, 7, 1, 6], { placed: true }),
  multiply([2, 7, 5, 6], [2, 7, 5, 6]),
  multiply([2, 6, 5, 7], [2, 6, 1, 1]),
];
