import { inferShape } from '../../graph/ops.ts';
import type { PoolAttributes, Shape } from '../../graph/types.ts';
import { type KernelCase, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { poolDispatch } from './dispatch.ts';
import { averagePool, maxPool } from './reference.ts';

function pool(
  kind: 'max' | 'average',
  shape: Shape,
  attributes: Partial<PoolAttributes>,
  options: ViewOptions & { offset?: number } = {},
): KernelCase {
  const a: PoolAttributes = { kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: false, countIncludePad: false, ...attributes };
  const flags = `${a.ceilMode ? ' ceil' : ''}${a.countIncludePad ? ' count pad' : ''}${options.placed ? ' placed' : ''}`;
  const name = `${kind} ${a.kernel.join('x')}/${a.stride.join('x')} pad ${a.padding.join('x')}${flags} [${shape.join()}]`;
  const infer = kind === 'max' ? inferShape.max_pool2d : inferShape.avg_pool2d;
  const input = viewBuffer(shape, { ...options, seed: 1 });
  const output = viewBuffer(infer(a, [shape], name), options);
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: poolDispatch({ layer: name, kind, attributes: a, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => (kind === 'max' ? maxPool : averagePool)(a, [tensorOf(tensors, 'input')], {}),
  };
}

const two: Partial<PoolAttributes> = { kernel: [2, 2], padding: [0, 0] };

export const cases: KernelCase[] = [
  pool('max', [1, 64, 112, 112], {}),
  pool('max', [2, 6, 13, 18], {}, { placed: true }),
  pool('max', [1, 3, 8, 8], {}, { offset: -5 }),
  pool('max', [1, 5, 14, 15], { padding: [0, 0], ceilMode: true }),
  pool('max', [1, 7, 12, 13], { ceilMode: true }),
  pool('max', [1, 4, 9, 9], two),
  pool('max', [1, 4, 7, 6], { stride: [1, 1] }),
  pool('max', [2, 3, 1, 1], {}),
  pool('max', [1, 3, 7, 9], { kernel: [2, 5], stride: [1, 3], padding: [1, 2] }),
  pool('average', [1, 256, 56, 56], { ...two, ceilMode: true }),
  pool('average', [2, 5, 13, 11], { ...two, ceilMode: true }, { placed: true }),
  pool('average', [1, 104, 28, 28], { countIncludePad: true }, { slices: [26, 26, 26, 26] }),
  pool('average', [1, 6, 13, 12], { countIncludePad: true }),
  pool('average', [1, 4, 7, 9], { stride: [1, 1], countIncludePad: true }),
  pool('average', [1, 3, 12, 14], { ceilMode: true }),
  pool('average', [1, 3, 12, 14], { ceilMode: true, countIncludePad: true }),
  pool('average', [1, 4, 9, 8], { kernel: [1, 1], padding: [0, 0], countIncludePad: true }),
  pool('average', [2, 7, 1, 1], { ...two, ceilMode: true }),
  pool('average', [1, 5, 9, 9], { kernel: [5, 5], stride: [1, 1], padding: [0, 0] }),
  pool('average', [1, 5, 8, 9], { kernel: [3, 2], stride: [3, 1], padding: [1, 0], ceilMode: true, countIncludePad: true }),
];
