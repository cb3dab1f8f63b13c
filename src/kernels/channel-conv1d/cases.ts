import { bend } from '../epilogue.reference.ts';
import { type KernelCase, noise, tensorOf, viewBuffer, viewOf } from '../lib/case.ts';
import { references } from '../references.ts';
import { channelConv1dDispatch } from './dispatch.ts';
import { channelConv1d } from './reference.ts';

const { sigmoid } = references;

function eca(n: number, c: number, kernel: number, { gate = false, placed = false, circular = false } = {}): KernelCase {
  const name = `${kernel} taps over [${n},${c}]${circular ? ' circular' : ''}${gate ? ' sigmoid' : ''}`;
  const taps = noise([kernel], 1);
  const [input, output] = [viewBuffer([n, c, 1, 1], { placed, seed: 2 }), viewBuffer([n, c, 1, 1], { placed })];
  return {
    name,
    buffers: { input, taps: { shape: [kernel], data: taps }, output },
    steps: (precision) => [
      {
        dispatch: channelConv1dDispatch(
          { layer: name, kernel, circular, input: viewOf(input), output: viewOf(output), epilogue: bend(gate ? 'sigmoid' : 'none') },
          precision,
        ),
        operands: ['input', 'taps', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const out = channelConv1d({ kernel, circular }, [tensorOf(tensors, 'input')], { weight: taps });
      return gate ? sigmoid({}, [out], {}) : out;
    },
  };
}

export const cases: KernelCase[] = [
  eca(2, 64, 3),
  eca(1, 2048, 7, { gate: true }),
  eca(2, 26, 5, { placed: true, gate: true }),
  eca(1, 3, 5),
  eca(3, 1, 3),
  eca(2, 26, 5, { placed: true, circular: true }),
  eca(1, 2, 5, { circular: true, gate: true }),
];
