import { inferShape } from '../graph/ops.ts';
import type { ConvAttributes, Shape } from '../graph/types.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from './case.ts';
import { conv2d } from './conv.reference.ts';
import { convDispatch } from './conv.ts';
import { add, relu, sigmoid } from './elementwise.reference.ts';
import type { DeviceProfile } from './kernel.ts';
import { packWeights } from './pack.ts';
import { size4 } from './reference.ts';

interface Options extends ViewOptions {
  residual?: boolean;
  activation?: 'relu' | 'sigmoid';
  profile?: DeviceProfile['name'];
  outSlices?: readonly number[];
}

function conv(shape: Shape, outChannels: number, attributes: Partial<ConvAttributes> = {}, options: Options = {}): KernelCase {
  const a: ConvAttributes = {
    outChannels,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups: 1,
    bias: true,
    ...attributes,
  };
  const [, c] = size4(shape);
  const { residual: isResidual = false, activation, profile = 'software', slices, outSlices, placed } = options;
  const outShape = inferShape.conv2d(a, [shape], 'case');
  const epilogue = `${isResidual ? ' residual' : ''}${activation ? ` ${activation}` : ''}`;
  const name = `${a.kernel.join('x')}/${a.stride.join('x')}${a.groups > 1 ? ` groups ${a.groups}` : ''}${epilogue} [${shape.join()}] to ${outChannels}${slices ? ` slices ${slices.join()}` : ''}${outSlices ? ` into ${outSlices.join()}` : ''}${placed ? ' placed' : ''}${profile === 'software' ? '' : ` for ${profile}`}`;
  const weight = noise([outChannels, c / a.groups, ...a.kernel], 1);
  const bias = noise([outChannels], 2);
  const input = viewBuffer(shape, { slices, placed, seed: 3 });
  const residual = viewBuffer(outShape, { slices: outSlices, placed: !placed, seed: 4 });
  const output = viewBuffer(outShape, { slices: outSlices, placed });
  const params = {
    layer: name,
    attributes: a,
    input: viewOf(input),
    inChannels: c,
    output: viewOf(output),
    relu: activation === 'relu',
    sigmoid: activation === 'sigmoid',
    ...(isResidual && { residual: viewOf(residual) }),
  };
  const pack = {
    kind: 'conv',
    weight: 'weight',
    bias: 'bias',
    outChannels,
    inChannels: c,
    kernel: a.kernel,
    groups: a.groups,
    inSlices: viewOf(input).slices,
    outSlices: viewOf(output).slices,
  } as const;
  return {
    name,
    buffers: {
      input,
      weights: { ...denseBuffer([0]), bytes: (precision) => packWeights(pack, precision, async (key) => (key === 'bias' ? bias : weight)) },
      residual,
      output,
    },
    steps: (precision) => [
      {
        dispatch: convDispatch(params, precision, { name: profile, computeUnits: 16 }),
        operands: ['input', 'weights', isResidual ? 'residual' : 'input', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      let result = conv2d(a, [tensorOf(tensors, 'input')], { weight, bias });
      if (isResidual) result = add({}, [result, tensorOf(tensors, 'residual')], {});
      if (!activation) return result;
      return activation === 'relu' ? relu({}, [result], {}) : sigmoid({}, [result], {});
    },
    // f16 rounds the weights, too.
    tolerance: { f16: 1e-3 },
  };
}

const around = { kernel: [3, 3], padding: [1, 1, 1, 1] } as const;

export const cases: KernelCase[] = [
  conv([2, 7, 5, 6], 9),
  conv([1, 26, 9, 8], 20, around, { slices: [13, 13], residual: true, activation: 'relu', placed: true }),
  conv([2, 8, 9, 7], 34, { ...around, stride: [2, 2] }, { activation: 'relu', profile: 'amd' }),
  conv([1, 64, 14, 14], 64, around, { residual: true, profile: 'amd' }),
  conv([1, 16, 64, 64], 32, {}, { profile: 'amd' }),
  conv([1, 32, 6, 7], 64, { ...around, groups: 4 }, { activation: 'relu' }),
  // Squeeze-and-excitation: sigmoid(0) = 0.5 must not get into padding channels.
  conv([3, 8, 1, 1], 30, {}, { activation: 'sigmoid' }),
  conv([2, 8, 1, 1], 70, {}, { activation: 'sigmoid', placed: true, profile: 'amd' }),
  conv([2, 6, 5, 4], 9, { groups: 3 }, { activation: 'sigmoid', placed: true }),
  conv([1, 12, 6, 5], 12, { ...around, groups: 12 }, { residual: true }),
  // ResNeSt with an odd split width: every split begins on a group of 4 of its own.
  conv([2, 6, 5, 4], 18, { ...around, groups: 3 }, { outSlices: [6, 6, 6], activation: 'relu', residual: true }),
  conv([1, 18, 4, 5], 18, { ...around, groups: 3 }, { outSlices: [6, 6, 6], placed: true }),
  conv([1, 10, 4, 5], 50, { groups: 5 }, { outSlices: [10, 10, 10, 10, 10] }),
  conv([1, 12, 3, 5], 30, { groups: 6 }, { outSlices: [5, 5, 5, 5, 5, 5], placed: true }),
  conv([1, 16, 3, 5], 16, { groups: 4 }, { outSlices: [2, 2, 2, 2, 2, 2, 2, 2] }),
  conv([1, 12, 3, 5], 48, { groups: 3 }, { outSlices: [6, 6, 6, 6, 6, 6, 6, 6], profile: 'amd' }),
];
