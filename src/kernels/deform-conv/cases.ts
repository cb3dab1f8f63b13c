import { inferShape } from '../../graph/ops.ts';
import type { OpAttributes, Shape } from '../../graph/types.ts';
import { bend, bent } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { packWeights } from '../lib/pack.ts';
import { size4 } from '../lib/reference-common.ts';
import { deformConvDispatch } from './dispatch.ts';
import { deformConv2d } from './reference.ts';

type Attributes = OpAttributes['deform_conv2d'];

interface Options extends ViewOptions {
  /** Pixels that an offset reaches. */
  reach?: number;
  activation?: Activation;
  profile?: DeviceProfile['name'];
  outSlices?: readonly number[];
}

function deform(shape: Shape, outChannels: number, attributes: Partial<Attributes> = {}, options: Options = {}): KernelCase {
  const a: Attributes = {
    outChannels,
    kernel: [3, 3],
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    dilation: [1, 1],
    groups: 1,
    bias: true,
    deformGroups: 1,
    mask: 'none',
    ...attributes,
  };
  const [n, c] = size4(shape);
  const { reach = 2, activation, profile = 'software', slices, outSlices, placed } = options;
  const points = a.kernel[0] * a.kernel[1] * a.deformGroups;
  const [, , oh, ow] = size4(inferShape.conv2d(a, [shape], 'case'));
  const extras = `${a.mask === 'none' ? '' : ` mask ${a.mask}`}${a.groups > 1 ? ` groups ${a.groups}` : ''}${a.deformGroups > 1 ? ` deform groups ${a.deformGroups}` : ''}`;
  const name = `${a.kernel.join('x')}/${a.stride.join('x')} dilation ${a.dilation.join('x')}${extras} [${shape.join()}] to ${outChannels}${reach > 2 ? ` reach ${reach}` : ''}${slices ? ` slices ${slices.join()}` : ''}${outSlices ? ` into ${outSlices.join()}` : ''}${profile === 'software' ? '' : ` for ${profile}`}`;
  const weight = noise([outChannels, c / a.groups, ...a.kernel], 1);
  const bias = noise([outChannels], 2);
  const input = viewBuffer(shape, { slices, placed, seed: 3 });
  const offsets = viewBuffer([n, points * (a.mask === 'packed' ? 3 : 2), oh, ow], { placed, seed: 4, scale: reach });
  const masks = viewBuffer([n, points, oh, ow], { placed: !placed, seed: 5 });
  const output = viewBuffer([n, outChannels, oh, ow], { slices: outSlices, placed });
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
  const params = {
    layer: name,
    attributes: a,
    input: viewOf(input),
    inChannels: c,
    offsets: viewOf(offsets),
    output: viewOf(output),
    epilogue: bend(activation),
    ...(a.mask === 'tensor' && { masks: viewOf(masks) }),
  };
  return {
    name,
    buffers: {
      input,
      offsets,
      masks,
      weights: { ...denseBuffer([0]), bytes: (precision) => packWeights(pack, precision, async (key) => (key === 'bias' ? bias : weight)) },
      output,
    },
    steps: (precision) => [
      {
        dispatch: deformConvDispatch(params, precision, { name: profile, computeUnits: 16 }),
        operands: ['input', 'offsets', a.mask === 'tensor' ? 'masks' : 'offsets', 'weights', 'output'],
      },
    ],
    output: 'output',
    expected: (tensors) => {
      const inputs = [tensorOf(tensors, 'input'), tensorOf(tensors, 'offsets'), tensorOf(tensors, 'masks')];
      const out = deformConv2d(a, inputs, { weight, bias });
      return bent(activation, out);
    },
    // Positions are exact to an ulp of the map's size. In f16 the weights are also rounded, which the reference does not do.
    tolerance: { f32: 5e-6, f16: 1e-3 },
  };
}

export const cases: KernelCase[] = [
  deform([1, 6, 9, 11], 8),
  deform([1, 4, 6, 7], 4, {}, { reach: 40 }),
  deform([2, 8, 11, 10], 6, { stride: [2, 2], groups: 2, deformGroups: 2 }, { placed: true }),
  deform([1, 5, 8, 9], 7, { mask: 'tensor' }),
  deform([1, 5, 8, 9], 7, { mask: 'packed' }, { activation: 'relu', placed: true }),
  deform([2, 12, 10, 8], 8, { dilation: [2, 2], padding: [2, 2, 2, 2], groups: 4, deformGroups: 3, mask: 'tensor' }),
  deform([1, 12, 7, 6], 9, { deformGroups: 4, mask: 'packed' }),
  deform([1, 14, 6, 7], 10, { mask: 'packed' }, { slices: [7, 7] }),
  deform([1, 64, 14, 14], 136, { mask: 'packed' }),
  deform([1, 64, 14, 14], 136, { mask: 'packed' }, { profile: 'amd' }),
  deform([1, 32, 20, 20], 64, {}, { profile: 'unknown', placed: true }),
  deform([1, 64, 10, 10], 64, { groups: 4, deformGroups: 2 }),
  deform([1, 32, 9, 9], 64, { groups: 8 }),
  deform([1, 12, 9, 9], 6, { groups: 6 }),
  deform([1, 6, 7, 8], 18, { groups: 3 }, { outSlices: [6, 6, 6], activation: 'relu' }),
  deform([1, 24, 7, 8], 48, { groups: 3 }, { outSlices: [6, 6, 6, 6, 6, 6, 6, 6] }),
  deform([2, 5, 1, 1], 3, { kernel: [1, 1], padding: [0, 0, 0, 0] }),
  deform([1, 8, 12, 9], 8, { kernel: [5, 3], stride: [1, 2], padding: [2, 1, 2, 1], bias: true }),
];
