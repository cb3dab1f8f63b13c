import type { ConvAttributes, Shape } from '../../graph/types.ts';
import { bend, bent, ZERO_KEEPING } from '../epilogue.reference.ts';
import { denseBuffer, type KernelCase, noise, tensorOf, type ViewOptions, viewBuffer, viewOf } from '../lib/case.ts';
import type { Activation } from '../lib/epilogue.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { type ConvPack, packWeights } from '../lib/pack.ts';
import { size4 } from '../lib/reference-common.ts';
import { references } from '../references.ts';
import { gateProgram, gateSlices } from './dispatch.ts';
import { radixApply, radixSoftmax, radixSum } from './reference.ts';

const { add, conv2d, global_avg_pool: globalAveragePool, mul, relu, sigmoid, silu } = references;

interface Options extends ViewOptions {
  /** Splits and cardinal groups. 0 splits means squeeze-and-excitation. */
  radix?: number;
  cardinals?: number;
  residual?: boolean;
  activation?: Activation;
  silu?: boolean;
  /** Default software, which has a quarter of the threads. */
  profile?: DeviceProfile['name'];
  precisions?: KernelCase['precisions'];
}

/** `shape` is the shape of the output. */
function gate(shape: Shape, hidden: number, options: Options = {}): KernelCase {
  const { radix: splits = 0, cardinals = 1, residual: isResidual = false, silu: isSilu = false, placed, profile = 'software' } = options;
  const [n, c, h, w] = size4(shape);
  const radix = Math.max(1, splits);
  const kind = splits ? `split attention ${splits} groups ${cardinals}` : 'squeeze-and-excitation';
  const epilogue = `${isResidual ? ' residual' : ''}${options.activation ? ` ${options.activation}` : ''}`;
  const name = `${kind} [${shape.join()}] by ${hidden}${isSilu ? ' silu' : ''}${epilogue}${options.slices ? ` slices ${options.slices.join()}` : ''}${placed ? ' placed' : ''} for ${profile}`;
  const slices = options.slices ?? Array.from({ length: radix }, () => c);
  const input = viewBuffer([n, c * radix, h, w], { slices, placed, seed: 1, offset: 0.5 });
  const residual = viewBuffer(shape, { slices: options.slices, placed: !placed, seed: 2 });
  const output = viewBuffer(shape, { slices: radix === 1 ? options.slices : undefined, placed });
  const params = {
    layer: name,
    radix,
    cardinals,
    hidden,
    groups: [cardinals, cardinals],
    silu: isSilu,
    input: viewOf(input),
    output: viewOf(output),
    epilogue: { ...bend(options.activation), ...(isResidual && { residual: viewOf(residual) }) },
  } as const;
  const { mean, rows } = gateSlices(params);
  const squeeze = matrix(c, hidden, cardinals, mean, [hidden], 3);
  const excite = matrix(hidden, c * radix, cardinals, [hidden], rows, 5);
  return {
    name,
    // Room for the values between the two dispatches.
    buffers: { input, squeeze: squeeze.buffer, sums: denseBuffer([2 ** 16]), excite: excite.buffer, residual, output },
    steps: (precision) => {
      const program = gateProgram(params, precision, { name: profile, computeUnits: 40 });
      return [
        { dispatch: program.squeeze, operands: ['input', 'squeeze', 'sums'] },
        { dispatch: program.excite, operands: ['input', 'sums', 'excite', isResidual ? 'residual' : 'input', 'output'] },
      ];
    },
    output: 'output',
    precisions: options.precisions,
    expected: (tensors) => {
      const map = tensorOf(tensors, 'input');
      const squeezed = squeeze.apply(globalAveragePool({}, [radixSum({ radix }, [map], {})], {}));
      const excited = excite.apply((isSilu ? silu : relu)({}, [squeezed], {}));
      let result = splits
        ? radixApply({ radix }, [map, radixSoftmax({ radix, groups: cardinals }, [excited], {})], {})
        : mul({}, [map, sigmoid({}, [excited], {})], {});
      if (isResidual) result = add({}, [result, tensorOf(tensors, 'residual')], {});
      return bent(options.activation, result);
    },
    // f16 also rounds the weights.
    tolerance: { f16: 1e-3 },
  };
}

function matrix(
  inChannels: number,
  outChannels: number,
  groups: number,
  inSlices: readonly number[],
  outSlices: readonly number[],
  seed: number,
) {
  const attributes: ConvAttributes = {
    outChannels,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    dilation: [1, 1],
    groups,
    bias: true,
  };
  // Keeps sums around one, so that sigmoids are not saturated.
  const weight = noise([outChannels, inChannels / groups, 1, 1], seed, Math.sqrt((3 * groups) / inChannels));
  const bias = noise([outChannels], seed + 1);
  const pack: ConvPack = {
    kind: 'conv',
    weight: 'weight',
    bias: 'bias',
    outChannels,
    inChannels,
    kernel: [1, 1],
    groups,
    inSlices,
    outSlices,
  };
  return {
    buffer: {
      ...denseBuffer([0]),
      bytes: (precision: 'f32' | 'f16') => packWeights(pack, precision, async (key) => (key === 'bias' ? bias : weight)),
    },
    apply: (x: ReturnType<typeof tensorOf>) => conv2d(attributes, [x], { weight, bias }),
  };
}

export const cases: KernelCase[] = [
  gate([1, 256, 28, 28], 16, { residual: true, activation: 'relu', profile: 'amd' }),
  gate([1, 2048, 7, 7], 128, { residual: true, activation: 'relu' }),
  gate([2, 26, 9, 7], 1, { placed: true }),
  ...ZERO_KEEPING.map((activation) => gate([1, 12, 5, 6], 4, { activation, residual: true })),
  gate([3, 7, 5, 6], 5, { residual: true, placed: true }),
  gate([1, 440, 14, 14], 52),
  gate([1, 48, 33, 31], 8, { silu: true, activation: 'relu' }),
  gate([2, 104, 1, 1], 300, { placed: true }),
  gate([1, 2016, 7, 7], 504),
  gate([1, 8, 3, 3], 1100, { precisions: ['f32'] }),
  gate([2, 26, 6, 5], 6, { slices: [13, 13], residual: true, activation: 'relu' }),
  gate([1, 64, 30, 28], 32, { radix: 2, profile: 'amd' }),
  gate([2, 512, 7, 7], 256, { radix: 2 }),
  gate([2, 26, 9, 7], 6, { radix: 2, placed: true }),
  gate([1, 13, 5, 5], 7, { radix: 3 }),
  gate([2, 10, 4, 4], 32, { radix: 16, placed: true, precisions: ['f32'] }),
  gate([1, 96, 28, 28], 32, { radix: 1, cardinals: 4 }),
  gate([2, 160, 14, 13], 80, { radix: 2, cardinals: 2, placed: true }),
  gate([1, 24, 5, 6], 18, { radix: 3, cardinals: 6 }),
  gate([2, 21, 5, 6], 9, { radix: 1 }),
];
