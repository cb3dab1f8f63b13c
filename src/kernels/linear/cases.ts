import type { Shape } from '../../graph/types.ts';
import { BENDS, bend, bent } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import { packWeights } from '../lib/pack.ts';
import { linearDispatch } from './dispatch.ts';
import { linear } from './reference.ts';

function layer([n = 1, inputs = 1]: Shape, outFeatures: number, options: ViewOptions & { activation?: Activation } = {}): KernelCase {
  const { activation, slices, placed } = options;
  const name = `[${n},${inputs}] to ${outFeatures}${activation ? ` ${activation}` : ''}${slices ? ` slices ${slices.join()}` : ''}${placed ? ' placed' : ''}`;
  const input = viewBuffer([n, inputs, 1, 1], { slices, placed, seed: 1 });
  const weights = { weight: noise([outFeatures, inputs], 2), bias: noise([outFeatures], 3) };
  const recipe = {
    kind: 'conv',
    weight: 'weight',
    bias: 'bias',
    outChannels: outFeatures,
    inChannels: inputs,
    kernel: [1, 1],
    groups: 1,
    inSlices: viewOf(input).slices,
    outSlices: [outFeatures],
  } as const;
  return {
    name,
    buffers: {
      input,
      weights: { ...denseBuffer([0]), bytes: (precision) => packWeights(recipe, precision, async (key) => weights[key as 'bias']) },
      output: denseBuffer([n, outFeatures]),
    },
    steps: (precision) => [
      {
        dispatch: linearDispatch({ layer: name, input: viewOf(input), outFeatures, epilogue: bend(activation) }, precision),
        operands: ['input', 'weights', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const result = linear({ outFeatures, bias: true }, [tensorOf(tensors, 'input')], weights);
      return bent(activation, result);
    },
    // f16 also rounds the weights.
    tolerance: { f16: 1e-3 },
  };
}

export const cases: KernelCase[] = [
  layer([1, 7], 5),
  ...BENDS.map((activation) => layer([3, 64], 10, { activation })),
  layer([2, 26], 9, { slices: [13, 13], placed: true }),
  // The 64 threads of a workgroup take 4 channels each. This needs more than one round, and the last one is not full.
  layer([2, 299], 6, { placed: true }),
  layer([1, 2048], 37),
];
