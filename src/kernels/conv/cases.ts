import { inferShape } from '../../graph/ops.ts';
import type { ConvAttributes, Shape } from '../../graph/types.ts';
import { BENDS, bend, bent } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { packWeights } from '../lib/pack.ts';
import { size4 } from '../lib/reference-common.ts';
import { processorKernels } from '../processor.ts';
import { references } from '../references.ts';
import { convProgram } from './dispatch.ts';
import { withF16Arithmetic } from './f16-arithmetic.ts';
import { namedVariant } from './named.ts';
import { conv2d } from './reference.ts';

const { add } = references;

interface Options extends ViewOptions {
  residual?: boolean;
  activation?: Activation;
  profile?: DeviceProfile['name'];
  outSlices?: readonly number[];
  variant?: string;
  /** Kernels for software adapters. `quads`: the ones that share weights in subgroups of 4. */
  processor?: true | 'quads';
  /** With f16 arithmetic. */
  f16?: boolean;
  tolerance?: KernelCase['tolerance'];
}

const SCRATCH = 2 ** 18;

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
  const { residual: isResidual = false, activation, profile = 'software', slices, outSlices, placed, variant, processor, f16 } = options;
  const outShape = inferShape.conv2d(a, [shape], 'case');
  const epilogue = `${isResidual ? ' residual' : ''}${activation ? ` ${activation}` : ''}`;
  const name = `${a.kernel.join('x')}/${a.stride.join('x')}${a.groups > 1 ? ` groups ${a.groups}` : ''}${epilogue} [${shape.join()}] to ${outChannels}${slices ? ` slices ${slices.join()}` : ''}${outSlices ? ` into ${outSlices.join()}` : ''}${placed ? ' placed' : ''}${profile === 'software' ? '' : ` for ${profile}`}${variant ? ` ${variant}` : ''}${processor ? ` on processors${processor === 'quads' ? ' in quads' : ''}` : ''}${f16 ? ' in f16 arithmetic' : ''}`;
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
    epilogue: { ...bend(activation), ...(isResidual && { residual: viewOf(residual) }) },
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
      // Room for the values between the passes of a convolution.
      ...Object.fromEntries(['transformed', 'tiles', 'parts'].map((key) => [key, denseBuffer([SCRATCH])])),
    },
    steps: (precision) => {
      const device: DeviceProfile = {
        name: profile,
        computeUnits: 16,
        ...(processor && { processor: processorKernels(processor === 'quads') }),
        ...(f16 && { f16Arithmetic: withF16Arithmetic }),
      };
      const { steps, transform } = convProgram(params, precision, device, variant ? namedVariant(params, variant, device) : undefined);
      return [...(transform ? [{ dispatch: transform.dispatch, operands: ['weights', 'transformed'] }] : []), ...steps];
    },
    output: 'output',
    expected: (tensors) => {
      let result = conv2d(a, [tensorOf(tensors, 'input')], { weight, bias });
      if (isResidual) result = add({}, [result, tensorOf(tensors, 'residual')], {});
      return bent(activation, result);
    },
    ...(f16 && { precisions: ['f16'], feature: 'shader-f16' }),
    ...(processor === 'quads' && { feature: 'quads' }),
    // f16 also rounds the weights.
    tolerance: options.tolerance ?? { f16: 1e-3 },
  };
}

const around = { kernel: [3, 3], padding: [1, 1, 1, 1] } as const;

/** Sums in f16 add rounding errors. */
const F16_OPTIONS: Options = { f16: true, profile: 'amd', tolerance: { f16: 2e-3 } };

export const cases: KernelCase[] = [
  conv([2, 7, 5, 6], 9),
  conv([1, 26, 9, 8], 20, around, { slices: [13, 13], residual: true, activation: 'relu', placed: true }),
  conv([2, 8, 9, 7], 34, { ...around, stride: [2, 2] }, { activation: 'relu', profile: 'amd' }),
  conv([1, 64, 14, 14], 64, around, { residual: true, profile: 'amd' }),
  conv([1, 16, 64, 64], 32, {}, { profile: 'amd' }),
  conv([1, 32, 6, 7], 64, { ...around, groups: 4 }, { activation: 'relu' }),
  // Squeeze-and-excitation: padding channels must not get sigmoid(0) = 0.5.
  conv([3, 8, 1, 1], 30, {}, { activation: 'sigmoid' }),
  conv([2, 8, 1, 1], 70, {}, { activation: 'sigmoid', placed: true, profile: 'amd' }),
  conv([2, 6, 5, 4], 9, { groups: 3 }, { activation: 'sigmoid', placed: true }),
  conv([1, 12, 6, 5], 12, { ...around, groups: 12 }, { residual: true }),
  // ResNeSt with an odd split width: every split starts a new group of 4.
  conv([2, 6, 5, 4], 18, { ...around, groups: 3 }, { outSlices: [6, 6, 6], activation: 'relu', residual: true }),
  conv([1, 18, 4, 5], 18, { ...around, groups: 3 }, { outSlices: [6, 6, 6], placed: true }),
  conv([1, 10, 4, 5], 50, { groups: 5 }, { outSlices: [10, 10, 10, 10, 10] }),
  conv([1, 12, 3, 5], 30, { groups: 6 }, { outSlices: [5, 5, 5, 5, 5, 5], placed: true }),
  conv([1, 16, 3, 5], 16, { groups: 4 }, { outSlices: [2, 2, 2, 2, 2, 2, 2, 2] }),
  conv([1, 12, 3, 5], 48, { groups: 3 }, { outSlices: [6, 6, 6, 6, 6, 6, 6, 6], profile: 'amd' }),
  // Every form of the kernel, with widths and sizes that do not fill a tile, and steps that end within the last group.
  ...[
    'direct-8x16-4-64',
    'direct-2x8-4-16',
    'direct-1x16-16-64',
    'direct-1x8-16-64/3',
    'tiled-8x4-16',
    'tiled-8x4-16/2',
    'tiled-4x4-32',
    'tiled-4x4-32/3',
  ].flatMap((variant) => [
    conv([2, 100, 5, 7], 41, {}, { variant, activation: 'relu', placed: true }),
    conv([1, 100, 9, 7], 41, { ...around, stride: [2, 2] }, { variant, residual: true, activation: 'relu' }),
  ]),
  ...([true, 'quads'] as const).flatMap((processor) => [
    conv([2, 100, 5, 7], 41, {}, { variant: 'serial-7x32-4', activation: 'relu', placed: true, processor }),
    conv([1, 100, 9, 7], 41, { ...around, stride: [2, 2] }, { variant: 'serial-7x16-16', residual: true, activation: 'relu', processor }),
    conv([2, 26, 5, 6], 20, around, { slices: [13, 13], outSlices: [10, 10], residual: true, activation: 'relu', placed: true, processor }),
    conv([1, 32, 6, 7], 64, { ...around, groups: 4 }, { activation: 'relu', processor }),
    conv([2, 6, 5, 4], 9, { groups: 3 }, { activation: 'sigmoid', placed: true, processor }),
    conv([1, 8, 9, 7], 34, { kernel: [3, 3], dilation: [2, 1], padding: [0, 1, 2, 1] }, { activation: 'relu', processor }),
    conv([3, 8, 1, 1], 30, {}, { activation: 'sigmoid', processor }),
  ]),
  // conv.wgsl with every activation. The other kernels take turns: each has every third activation, and each activation is tested in one
  // or two of them. All share one epilogue.wgsl, and testing every activation in every kernel took minutes.
  ...BENDS.flatMap((activation, i) => [
    conv([2, 20, 5, 7], 41, {}, { activation, residual: true, placed: true, variant: 'direct-1x8-16-64' }),
    ...[
      () => conv([1, 20, 5, 7], 41, around, { activation, variant: 'tiled-8x4-16', profile: 'intel' }),
      () => conv([1, 32, 3, 5], 10, {}, { activation, variant: 'direct-1x8-16-64/2', profile: 'amd' }),
      () => conv([2, 6, 5, 4], 9, { groups: 3 }, { activation }),
      () =>
        conv([1, 20, 9, 7], 9, around, {
          activation,
          residual: true,
          variant: 'winograd2 tiled-8x4-16',
          tolerance: { f32: 1e-5, f16: 1e-3 },
        }),
      () => conv([2, 20, 5, 7], 41, {}, { activation, residual: true, variant: 'serial-7x16-4', processor: true }),
    ].flatMap((make, form) => ((form + i) % 3 === 0 ? [make()] : [])),
  ]),
  ...(['winograd2', 'winograd4'] as const).flatMap((winograd) =>
    ['direct-8x16-4-64', 'direct-1x16-16-64', 'tiled-8x4-16', 'tiled-4x4-32'].map((kernel) =>
      conv([2, 20, 9, 7], 41, around, {
        variant: `${winograd} ${kernel}`,
        residual: true,
        activation: 'relu',
        placed: kernel.startsWith('tiled'),
        // The transforms of F(4x4) lose a decimal digit.
        tolerance: { f32: 1e-5, f16: 1e-3 },
      }),
    ),
  ),
  conv([2, 24, 9, 7], 120, { ...around, groups: 2 }, { residual: true, activation: 'relu', placed: true, profile: 'intel' }),
  conv([1, 96, 5, 6], 80, { ...around, groups: 2 }, { variant: 'tiled-8x4-16/3', residual: true, profile: 'intel' }),
  conv([1, 144, 5, 6], 144, { ...around, stride: [2, 2], groups: 2 }, { activation: 'relu', profile: 'unknown' }),
  // f16 arithmetic works on two groups at a time. Tests steps of 2 and 4 groups, split sums, and grouped convolutions. With 25 groups no step is even.
  ...[
    conv([2, 104, 5, 7], 41, {}, { variant: 'f16 direct-1x16-16-64', activation: 'relu', placed: true, ...F16_OPTIONS }),
    conv(
      [1, 96, 9, 7],
      41,
      { ...around, stride: [2, 2] },
      { variant: 'f16 direct-1x8-16-64/3', residual: true, activation: 'relu', ...F16_OPTIONS },
    ),
    conv([1, 64, 9, 7], 64, { ...around, groups: 2 }, { variant: 'f16 direct-1x16-16-64', residual: true, ...F16_OPTIONS }),
    conv([1, 100, 9, 7], 41, around, { variant: 'f16 direct-1x16-16-64', ...F16_OPTIONS }),
    conv([1, 26, 6, 5], 20, around, { variant: 'f16 direct-2x8-8-16', slices: [13, 13], ...F16_OPTIONS }),
    conv([2, 8, 1, 1], 70, {}, { activation: 'sigmoid', ...F16_OPTIONS }),
  ],
  conv([1, 26, 6, 5], 20, { ...around, padding: [0, 0, 0, 0] }, { variant: 'winograd4 tiled-4x4-32', slices: [13, 13] }),
];
