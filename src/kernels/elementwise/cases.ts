import { product } from '../../graph/shape.ts';
import type { Shape } from '../../graph/types.ts';
import { bend, bent, ZERO_KEEPING } from '../epilogue.reference.ts';
import { type KernelCase, noise, pairsBuffer, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import { at, map, size4 } from '../lib/reference-common.ts';
import { addDispatch, affineDispatch, reluDispatch } from './dispatch.ts';
import { add, relu } from './reference.ts';

const text = (shape: Shape, { slices, placed }: ViewOptions) =>
  `[${shape.join()}]${slices ? ` slices ${slices.join()}` : ''}${placed ? ' placed' : ''}`;

function relus(shape: Shape, options: ViewOptions = {}): KernelCase {
  const name = `relu ${text(shape, options)}`;
  const [input, output] = [viewBuffer(shape, { ...options, seed: 1, scale: 12 }), viewBuffer(shape, options)];
  return {
    name,
    buffers: { input, output },
    steps: (precision) => [
      {
        dispatch: reluDispatch({ layer: name, input: viewOf(input), output: viewOf(output) }, precision),
        operands: ['input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => relu({}, [tensorOf(tensors, 'input')], {}),
  };
}

function addition(
  shape: Shape,
  { activation: kind, broadcast = false, ...options }: ViewOptions & { activation?: Activation; broadcast?: boolean } = {},
): KernelCase {
  const name = `add${kind ? ` ${kind}` : ''}${broadcast ? ' broadcast' : ''} ${text(shape, options)}`;
  const [n, c, h, w] = size4(shape);
  const input = viewBuffer(shape, { ...options, seed: 2 });
  const other = viewBuffer(broadcast ? [n, c, 1, 1] : shape, { slices: options.slices, placed: !options.placed, seed: 3 });
  const output = viewBuffer(shape, options);
  return {
    name,
    buffers: { input, other, output },
    steps: (precision) => [
      {
        dispatch: addDispatch(
          { layer: name, input: viewOf(input), other: viewOf(other), output: viewOf(output), epilogue: bend(kind) },
          precision,
        ),
        operands: ['input', 'other', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const b = tensorOf(tensors, 'other');
      const spread = broadcast
        ? { shape: [...shape], data: new Float32Array(product(shape)).map((_, i) => at(b.data, Math.floor(i / (h * w)))) }
        : b;
      const sum = add({}, [tensorOf(tensors, 'input'), spread], {});
      return bent(kind, sum);
    },
  };
}

function affine(shape: Shape, { activation: kind, ...options }: ViewOptions & { activation?: Activation } = {}): KernelCase {
  const name = `affine${kind ? ` ${kind}` : ''} ${text(shape, options)}`;
  const [, c, h, w] = size4(shape);
  const [factors, shifts] = [noise([c], 7, 2), noise([c], 8, 2)];
  const [input, output] = [viewBuffer(shape, { ...options, seed: 9 }), viewBuffer(shape, options)];
  return {
    name,
    buffers: { input, parameters: pairsBuffer(factors, shifts), output },
    steps: (precision) => [
      {
        dispatch: affineDispatch({ layer: name, input: viewOf(input), output: viewOf(output), epilogue: bend(kind) }, precision),
        operands: ['input', 'parameters', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) =>
      bent(
        kind,
        map(tensorOf(tensors, 'input'), (value, i) => {
          const k = Math.floor(i / (h * w)) % c;
          return value * at(factors, k) + at(shifts, k);
        }),
      ),
  };
}

export const cases: KernelCase[] = [
  relus([2, 5, 7, 3]),
  // 32 833 workgroups, more than fit into a row of the grid (kernel.ts, MAX_GRID). Once is enough.
  { ...relus([1, 1, 1450, 1450]), precisions: ['f32'] },
  relus([2, 52, 5, 6], { slices: [26, 26], placed: true }),
  ...ZERO_KEEPING.flatMap((activation) => [addition([2, 5, 7, 3], { activation }), affine([1, 26, 9, 8], { activation, placed: true })]),
  addition([1, 256, 56, 56], { activation: 'relu' }),
  addition([2, 26, 4, 5], { placed: true, slices: [13, 13] }),
  addition([2, 6, 5, 7], { broadcast: true }),
  addition([2, 3, 1, 1]),
  affine([2, 7, 5, 6]),
];
