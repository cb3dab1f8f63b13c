import type { Shape } from '../../graph/types.ts';
import { denseBuffer, type KernelCase, noise, tensorOf } from '../lib/case.ts';
import { softmaxDispatch } from './dispatch.ts';
import { softmax } from './reference.ts';

function rows(shape: Shape, dim: number, scale = 3, log = false): KernelCase {
  const name = `${log ? 'log of ' : ''}axis ${dim} of [${shape.join()}] up to ${scale}`;
  return {
    name,
    buffers: { input: denseBuffer(shape, 1, scale), output: denseBuffer(shape) },
    steps: () => [{ dispatch: softmaxDispatch({ layer: name, shape, dim, log }), operands: ['input', 'output'] }],
    output: 'output',
    expected: (tensors) => softmax({ dim, log }, [tensorOf(tensors, 'input')], {}),
    // An argument of -100 has an ulp of 7.6e-6, which exp inherits.
    tolerance: { f32: scale > 10 ? 1e-5 : 2e-6 },
  };
}

/** In each row one value is far above the others, at another position in each. With a wrong maximum, exp overflows. */
function spikes(count: number, size: number): KernelCase {
  const shape = [count, size];
  const data = noise(shape, 2).map((value, i) => (((i % size) * 5) % size === Math.floor(i / size) ? 300 : value));
  return { ...rows(shape, 1), name: `spikes in [${shape.join()}]`, buffers: { input: { shape, data }, output: denseBuffer(shape) } };
}

export const cases: KernelCase[] = [
  rows([2, 2, 9, 4], 1),
  rows([2, 3, 50], 2),
  rows([1, 1000], 1, 100),
  rows([1, 784, 196], 2),
  rows([3, 5], 0),
  rows([4, 1], 1),
  rows([70, 7], 1),
  rows([1, 196, 60], 1),
  rows([3, 10], 1, 20, true),
  spikes(7, 7),
  spikes(130, 131),
];
