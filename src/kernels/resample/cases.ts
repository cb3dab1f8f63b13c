import type { Tensor } from '../../api/types.ts';
import { inferShape } from '../../graph/ops.ts';
import type { Padding, Pair, Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Dispatch, Precision, View } from '../lib/kernel.ts';
import { size4 } from '../lib/reference-common.ts';
import { bilinearDispatch, blurPoolDispatch, reflectPadDispatch, zeroPadDispatch } from './dispatch.ts';
import { bilinear, blurPool, reflectPad, zeroPad } from './reference.ts';

function resample(
  what: string,
  shape: Shape,
  outShape: Shape,
  options: ViewOptions,
  dispatch: (views: { layer: string; input: View; output: View }, precision: Precision) => Dispatch,
  expected: (x: Tensor) => Tensor,
): KernelCase {
  const name = `${what} [${shape.join()}]${options.slices ? ` slices ${options.slices.join()}` : ''}${options.placed ? ' placed' : ''}`;
  const [input, output] = [viewBuffer(shape, { ...options, seed: 1 }), viewBuffer(outShape, options)];
  const views = { layer: name, input: viewOf(input), output: viewOf(output) };
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [{ dispatch: dispatch(views, precision), operands: ['input', 'output'] }],
    output: 'output',
    expected: (tensors) => expected(tensorOf(tensors, 'input')),
  };
}

function blur(shape: Shape, size: number, stride: number, options: ViewOptions = {}): KernelCase {
  const a = { size, stride };
  const out = inferShape.blur_pool(a, [shape], 'case');
  const run = (views: { layer: string; input: View; output: View }, precision: Precision) =>
    blurPoolDispatch({ ...a, ...views }, precision);
  return resample(`blur ${size}/${stride}`, shape, out, options, run, (x) => blurPool(a, [x], {}));
}

function pad(shape: Shape, padding: Padding, options: ViewOptions = {}): KernelCase {
  const out = inferShape.reflect_pad({ padding }, [shape], 'case');
  const [top, left] = padding;
  const run = (views: { layer: string; input: View; output: View }, precision: Precision) =>
    reflectPadDispatch({ top, left, ...views }, precision);
  return resample(`reflect ${padding.join()}`, shape, out, options, run, (x) => reflectPad({ padding }, [x], {}));
}

function padZeros(shape: Shape, padding: Padding, options: ViewOptions = {}): KernelCase {
  const out = inferShape.zero_pad({ padding }, [shape], 'case');
  const [top, left] = padding;
  const run = (views: { layer: string; input: View; output: View }, precision: Precision) =>
    zeroPadDispatch({ top, left, ...views }, precision);
  return resample(`zeros ${padding.join()}`, shape, out, options, run, (x) => zeroPad({ padding }, [x], {}));
}

function resize(shape: Shape, size: Pair, options: ViewOptions = {}): KernelCase {
  const [n, c] = size4(shape);
  return resample(`bilinear to ${size.join('x')}`, shape, [n, c, ...size], options, bilinearDispatch, (x) => bilinear({ size }, [x], {}));
}

export const cases: KernelCase[] = [
  blur([1, 64, 112, 112], 3, 2),
  blur([2, 5, 7, 8], 3, 2, { placed: true }),
  blur([1, 6, 6, 5], 3, 1),
  blur([1, 26, 9, 9], 5, 2, { slices: [13, 13] }),
  blur([1, 3, 8, 9], 4, 2),
  blur([1, 80, 4, 9], 3, 2),
  blur([1, 3, 2, 2], 3, 2),
  pad([1, 3, 6, 5], [2, 2, 2, 2]),
  pad([2, 7, 5, 4], [1, 0, 3, 2], { placed: true }),
  padZeros([1, 5, 6, 5], [0, 0, 1, 1]),
  padZeros([2, 7, 1, 4], [2, 3, 1, 0], { placed: true }),
  padZeros([1, 37, 3, 9], [1, 1, 1, 1]),
  resize([1, 4, 5, 6], [9, 12]),
  resize([2, 7, 9, 8], [4, 5], { placed: true }),
  resize([1, 30, 3, 4], [5, 11]),
  resize([1, 3, 1, 1], [3, 4]),
  resize([1, 5, 7, 7], [7, 7]),
  resize([1, 64, 28, 28], [56, 56]),
];
