import type { Shape } from '../../graph/types.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import { packWeights } from '../lib/pack.ts';
import { references } from '../references.ts';
import { linearDispatch } from './dispatch.ts';
import { linear } from './reference.ts';

const { relu } = references;

function layer([n = 1, inputs = 1]: Shape, outFeatures: number, options: ViewOptions & { relu?: boolean } = {}): KernelCase {
  const { relu: rectify = false, slices, placed } = options;
  const name = `[${n},${inputs}] to ${outFeatures}${rectify ? ' relu' : ''}${slices ? ` slices ${slices.join()}` : ''}${placed ? ' placed' : ''}`;
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
        dispatch: linearDispatch({ layer: name, input: viewOf(input), outFeatures, relu: rectify }, precision),
        operands: ['input', 'weights', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const result = linear({ outFeatures, bias: true }, [tensorOf(tensors, 'input')], weights);
      return rectify ? relu({}, [result], {}) : result;
    },
    // f16 rounds the weights, too.
    tolerance: { f16: 1e-3 },
  };
}

export const cases: KernelCase[] = [
  layer([1, 7], 5),
  layer([3, 64], 10, { relu: true }),
  layer([2, 26], 9, { slices: [13, 13], placed: true }),
  // More than the 64 threads of a workgroup take at once, 4 channels each: the last of them partly.
  layer([2, 299], 6, { placed: true }),
  layer([1, 2048], 37),
];
