import type { OpAttributes, Shape } from '../../graph/types.ts';
import { denseBuffer, type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { channelsOf } from '../lib/kernel.ts';
import { fill, reader, size4 } from '../lib/reference-common.ts';
import { references } from '../references.ts';
import { copyDispatch, fromNchwDispatch, shortcutADispatch, toNchwDispatch } from './dispatch.ts';
import { shortcutA } from './reference.ts';

const { concat, slice } = references;

function convert(shape: Shape, options: ViewOptions = {}): KernelCase[] {
  const name = `[${shape.join()}]${options.slices ? ` slices ${options.slices.join()}` : ''}${options.placed ? ' placed' : ''}`;
  const [inside, outside] = [viewBuffer(shape, { ...options, seed: 1 }), viewBuffer(shape, options)];
  return [
    {
      name: `from-nchw ${name}`,
      buffers: { input: denseBuffer(shape, 2), output: outside },
      steps: (precision) => [
        { dispatch: fromNchwDispatch({ layer: name, shape, output: viewOf(outside) }, precision), operands: ['input', 'output'] },
      ],
      output: 'output',
      expected: (tensors) => tensorOf(tensors, 'input'),
    },
    {
      name: `to-nchw ${name}`,
      buffers: { input: inside, output: denseBuffer(shape) },
      steps: (precision) => [
        { dispatch: toNchwDispatch({ layer: name, input: viewOf(inside) }, precision), operands: ['input', 'output'] },
      ],
      output: 'output',
      expected: (tensors) => tensorOf(tensors, 'input'),
    },
  ];
}

function sliceCase(shape: Shape, a: OpAttributes['slice'], placed: boolean): KernelCase {
  const [n, , h, w] = size4(shape);
  const name = `slice ${a.start}+${a.length} of [${shape.join()}]${placed ? ' placed' : ''}`;
  const input = viewBuffer(shape, { placed, seed: 3 });
  const output = viewBuffer([n, a.length, h, w], { placed: !placed });
  const params = { layer: name, input: viewOf(input), output: viewOf(output), firstChannel: a.start };
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [{ dispatch: copyDispatch(params, precision), operands: ['input', 'output'] }],
    output: 'output',
    expected: (tensors) => slice(a, [tensorOf(tensors, 'input')], {}),
  };
}

/** Copies two maps into the slices of one. */
function concatCase(n: number, slices: readonly [number, number], h: number, w: number): KernelCase {
  const [first, second] = [viewBuffer([n, slices[0], h, w], { seed: 4 }), viewBuffer([n, slices[1], h, w], { placed: true, seed: 5 })];
  const output = viewBuffer([n, slices[0] + slices[1], h, w], { slices });
  const whole = viewOf(output);
  const name = `concat ${slices.join('+')} of [${n},${h},${w}]`;
  return {
    name,
    buffers: { first, second, output },
    steps: (precision) => [
      {
        dispatch: copyDispatch({ layer: name, input: viewOf(first), output: { ...whole, slices: [slices[0]] } }, precision),
        operands: ['first', 'output'],
      },
      {
        dispatch: copyDispatch(
          { layer: name, input: viewOf(second), output: { ...whole, slices: [slices[1]], offset: Math.ceil(slices[0] / 4) } },
          precision,
        ),
        operands: ['second', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => concat({}, [tensorOf(tensors, 'first'), tensorOf(tensors, 'second')], {}),
  };
}

/** Copies two batches into one. The second image range is written, the first stays unchanged. */
function batchCase(): KernelCase {
  const shape = [2, 5, 3, 4];
  const [first, second, output] = [viewBuffer(shape, { seed: 6 }), viewBuffer(shape, { seed: 7 }), viewBuffer([4, 5, 3, 4])];
  const to = { ...viewOf(output), n: 2 };
  return {
    name: 'batches [2,5,3,4] twice',
    buffers: { first, second, output },
    steps: (precision) => [
      { dispatch: copyDispatch({ layer: 'batches', input: viewOf(first), output: to }, precision), operands: ['first', 'output'] },
      {
        dispatch: copyDispatch({ layer: 'batches', input: viewOf(second), output: to, firstImage: 2 }, precision),
        operands: ['second', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const [a, b] = [reader(tensorOf(tensors, 'first')), reader(tensorOf(tensors, 'second'))];
      return fill([4, 5, 3, 4], (n, c, y, x) => (n < 2 ? a(n, c, y, x) : b(n - 2, c, y, x)));
    },
  };
}

function shortcutCase(shape: Shape, a: OpAttributes['shortcut_a'], placed = false): KernelCase {
  const [n, , h, w] = size4(shape);
  const name = `shortcut A [${shape.join()}] to ${a.outChannels} /${a.stride.join('x')}`;
  const input = viewBuffer(shape, { placed, seed: 8 });
  const output = viewBuffer([n, a.outChannels, Math.ceil(h / a.stride[0]), Math.ceil(w / a.stride[1])], { placed });
  const params = { layer: name, input: viewOf(input), output: viewOf(output), stride: a.stride };
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [{ dispatch: shortcutADispatch(params, precision), operands: ['input', 'output'] }],
    output: 'output',
    expected: (tensors) => shortcutA(a, [tensorOf(tensors, 'input')], {}),
  };
}

const res2net = [26, 26, 26, 26];

export const cases: KernelCase[] = [
  ...convert([1, 3, 5, 7]),
  ...convert([2, 5, 6, 3], { placed: true }),
  ...convert([2, 7, 1, 1]),
  ...convert([3, 37, 4, 5], { placed: true }),
  ...convert([2, channelsOf(res2net), 7, 7], { slices: res2net }),
  ...convert([2, 9, 3, 3], { slices: [3, 3, 3], placed: true }),
  ...convert([1, 96, 5, 5], { slices: [64, 32] }),
  ...convert([1, 3, 224, 224]),
  ...convert([1, 256, 56, 56]),
  ...convert([1, 2048, 7, 7]),
  ...convert([1, 1, 300, 301]),
  sliceCase([2, 26, 5, 6], { start: 8, length: 8 }, false),
  sliceCase([2, 26, 5, 6], { start: 20, length: 6 }, true),
  sliceCase([1, 26, 5, 7], { start: 3, length: 7 }, true),
  sliceCase([1, 26, 5, 7], { start: 4, length: 6 }, false),
  sliceCase([2, 7, 1, 1], { start: 6, length: 1 }, false),
  concatCase(2, [5, 7], 4, 3),
  concatCase(1, [3, 8], 1, 1),
  batchCase(),
  shortcutCase([2, 16, 32, 32], { stride: [2, 2], outChannels: 32 }),
  shortcutCase([1, 6, 9, 8], { stride: [2, 2], outChannels: 12 }, true),
  shortcutCase([1, 5, 8, 7], { stride: [2, 2], outChannels: 10 }),
  shortcutCase([1, 3, 5, 5], { stride: [1, 1], outChannels: 7 }),
  shortcutCase([2, 8, 5, 5], { stride: [2, 2], outChannels: 8 }),
];
