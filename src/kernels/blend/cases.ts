import type { Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { size4 } from '../lib/reference-common.ts';
import { blendDispatch } from './dispatch.ts';
import { blend } from './reference.ts';

function blended(shape: Shape, options: ViewOptions = {}): KernelCase {
  const { slices, placed } = options;
  const name = `blend [${shape.join()}]${slices ? ` slices ${slices.join()}` : ''}${placed ? ' placed' : ''}`;
  const [n, , h, w] = size4(shape);
  const first = viewBuffer(shape, { ...options, seed: 12 });
  const second = viewBuffer(shape, { slices: options.slices, placed: !options.placed, seed: 13 });
  const shares = viewBuffer([n, 1, h, w], { placed: options.placed, seed: 14 });
  const output = viewBuffer(shape, options);
  const params = { layer: name, first: viewOf(first), second: viewOf(second), shares: viewOf(shares), output: viewOf(output) };
  return {
    name,
    buffers: { first, second, shares, output },
    steps: (precision) => [{ dispatch: blendDispatch(params, precision), operands: ['first', 'second', 'shares', 'output'] }],
    output: 'output',
    expected: (tensors) => blend({}, [tensorOf(tensors, 'first'), tensorOf(tensors, 'second'), tensorOf(tensors, 'shares')], {}),
  };
}

export const cases: KernelCase[] = [blended([2, 5, 6, 7]), blended([1, 26, 4, 4], { placed: true, slices: [13, 13] })];
