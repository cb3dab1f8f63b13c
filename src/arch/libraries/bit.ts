/** BiT of Hugging Face transformers, from the arguments of BitConfig: https://github.com/huggingface/transformers, models/bit */
import { ResnetError } from '../../util/errors.ts';
import { LIMITS } from '../../util/limits.ts';
import { show } from '../../util/show.ts';
import type { Arguments } from '../arguments.ts';
import { makeDivisible } from '../blocks/channel-attention.ts';
import { postactBlock, preactBlock } from '../blocks/v2.ts';
import { samePadding } from '../convs/adaptive-padding.ts';
import { stdConv } from '../convs/std-conv.ts';
import { conv, type NormSetting } from '../layers.ts';
import type { Network } from '../network.ts';
import type { Stage } from '../stage.ts';
import { normActivation, type V2Trunk } from './resnetv2.ts';
import { dilatedStrides, readWidths } from './timm-stages.ts';

export function bit(a: Arguments): V2Trunk {
  const widths = readWidths(a, [256, 512, 1024, 2048]);
  const depths = a.perStage('depths', [3, 4, 6, 3], widths.length, 'number', 'blocks');
  const preact = a.choice('layer_type', ['preactivation', 'bottleneck'], 'preactivation') === 'preactivation';
  const groupNorm: NormSetting = { type: 'gn', eps: 1e-5, affine: true, groups: a.integer('num_groups', 32), running: false };
  const norm = normActivation(groupNorm);
  const wider = a.integer('width_factor', 1, { max: LIMITS.parts });
  const padding = readPadding(a);
  const strides = dilatedStrides(a, widths.length, 4, 1);
  a.ignore('drop_path_rate');
  const stages = depths.map((blocks, i): Stage => {
    const out = makeDivisible((widths[i] ?? 0) * wider, 8);
    const { stride, dilation } = strides[i] ?? { stride: 1, dilation: 1 };
    const block = (preact ? preactBlock : postactBlock)({ norm, mid: makeDivisible(out * 0.25, 8), dilated: false });
    return { blocks, stride, dilation, firstDilation: dilation > 2 ? 2 : 1, out, block, shortcut: () => undefined };
  });
  return {
    conv: stdConv(1e-8, padding),
    stem: readStem(a, padding, preact ? undefined : norm),
    stages,
    structure: { trunk: 'resnetv2', avgDown: false },
    tail: (net, x) => (preact ? norm(net, x, 'norm') : x),
  };
}

function readPadding(a: Arguments): 'same' | undefined {
  const given = a.read('global_padding') ?? 'none';
  const kind = typeof given === 'string' ? given.toLowerCase() : given;
  if (kind === 'none' || kind === 'same') return kind === 'same' ? kind : undefined;
  if (kind !== 'valid') return a.fail('global_padding', `is ${show(given)}.`, "Use null or 'SAME'.");
  // The 3x3 convolutions lose a pixel on each side, so their output no longer fits the shortcut.
  throw new ResnetError('unsupported', 'convolutions without padding do not fit their shortcuts. transformers cannot run them either.', {
    layer: `${a.where}.global_padding`,
    hint: "Use null or 'SAME'.",
  });
}

/** Zero padding is part of the map here: the norm includes it, and in the pooling a zero can be the largest value. */
function readStem(a: Arguments, padding: 'same' | undefined, norm: ReturnType<typeof normActivation> | undefined): Network['stem'] {
  const width = a.integer('embedding_size', 64);
  const dynamic = a.boolean('embedding_dynamic_padding', false);
  return (net, input) => {
    const { b } = net;
    let x = conv(net, input, 'stem.conv', width, 7, { stride: 2 });
    if (!padding) x = b.add('zero_pad', 'stem.pad', [x], { padding: [1, 1, 1, 1] });
    if (norm) x = norm(net, x, 'stem.norm');
    const around = samePadding(b.shape(x), 3, { stride: 2, dilation: 1 });
    if (dynamic && around.some(Boolean)) x = b.add('zero_pad', 'stem.pool.pad', [x], { padding: around });
    const window = { kernel: [3, 3], stride: [2, 2], padding: [0, 0], ceilMode: false, countIncludePad: true } as const;
    return b.add('max_pool2d', 'stem.pool', [x], window);
  };
}
