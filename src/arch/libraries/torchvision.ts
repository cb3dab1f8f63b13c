/** torchvision's ResNet and RegNet classes, from an entry point or from arguments. */
import { LIMITS } from '../../util/limits.ts';
import type { Arguments } from '../arguments.ts';
import { basic } from '../blocks/basic.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { stemOptions } from '../families/resnet.ts';
import { linearHead } from '../head-parts.ts';
import { batchNorm } from '../layers.ts';
import type { Network } from '../network.ts';
import { type RegNetParameters, regnetPresets, regnetStages } from '../regnet-widths.ts';
import { basicDepths, bottleneckDepths } from '../settings.ts';
import { projection } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { stem } from '../stem.ts';
import { regnetTrunk } from './regnet-trunk.ts';

/** Arguments of a torchvision class. */
export type LibraryArguments = Readonly<Record<string, unknown>>;

/** The arguments that an entry point passes to its class, or undefined. */
export function torchvisionEntrypoint(name: string): LibraryArguments | undefined {
  const [, kind = '', depth = '', groups, width] = /^(resnet|resnext|wide_resnet)(\d+)(?:_(\d+)x(\d+)d|_2)?$/.exec(name) ?? [];
  const blocks = basicDepths[Number(depth)] ?? bottleneckDepths[Number(depth)];
  const known = [
    'resnet18',
    'resnet34',
    'resnet50',
    'resnet101',
    'resnet152',
    'resnext50_32x4d',
    'resnext101_32x8d',
    'resnext101_64x4d',
    'wide_resnet50_2',
    'wide_resnet101_2',
  ];
  if (known.includes(name)) {
    const block = Number(depth) in basicDepths ? 'BasicBlock' : 'Bottleneck';
    const wide = kind === 'wide_resnet' ? { width_per_group: 128 } : undefined;
    return { type: 'ResNet', block, layers: blocks, ...(groups ? { groups: Number(groups), width_per_group: Number(width) } : wide) };
  }
  const [, xy, size = ''] = /^regnet_([xy])_(400mf|800mf|1_6gf|3_2gf|8gf|16gf|32gf|128gf)$/.exec(name) ?? [];
  if (!xy || name === 'regnet_x_128gf') return undefined;
  const p = regnetPresets[`${xy}${size.replace('_', '.').replace(/^8gf/, '8.0gf')}`];
  return (
    p && {
      type: 'RegNet',
      depth: p.depth,
      w_0: p.w0,
      w_a: p.wa,
      w_m: p.wm,
      group_width: p.groupWidth,
      ...(xy === 'y' && { se_ratio: 0.25 }),
    }
  );
}

export function torchvisionNetwork(a: Arguments): Network {
  const network = a.type(['ResNet', 'RegNet']) === 'ResNet' ? resnet(a) : regnet(a);
  return { ...network, outIndices: network.stages.map((_, i) => i) };
}

function resnet(a: Arguments): Network {
  const isBasic = a.choice('block', ['BasicBlock', 'Bottleneck']) === 'BasicBlock';
  const layers = a.perStage('layers', [], 4, 'number', 'blocks');
  const groups = a.integer('groups', 1);
  const widthPerGroup = a.integer('width_per_group', 64);
  const dilate = a.perStage('replace_stride_with_dilation', [false, false, false], 3, 'boolean');
  if (isBasic && (groups !== 1 || widthPerGroup !== 64))
    a.fail('groups', 'and width_per_group need bottlenecks.', 'Use groups 1 and width 64, or block Bottleneck.');
  if (isBasic && dilate.includes(true)) a.fail('replace_stride_with_dilation', 'needs bottlenecks.', 'Use block Bottleneck.');
  let dilation = 1;
  const stages = layers.map((blocks, stage): Stage => {
    const planes = 64 * 2 ** stage;
    const firstDilation = dilation;
    const dilated = stage > 0 && dilate[stage - 1] === true;
    const stride = stage > 0 && !dilated ? 2 : 1;
    if (dilated) dilation *= 2;
    const mid = Math.trunc(planes * (widthPerGroup / 64)) * groups;
    const block = isBasic ? basic() : bottleneck({ mid, groups });
    return { blocks, stride, dilation, firstDilation, out: isBasic ? planes : 4 * planes, block, shortcut: projection() };
  });
  const zeroInitResidual = a.boolean('zero_init_residual', false);
  return { ...frame(a), stem: stem(stemOptions(64, false)), stages, zeroInitResidual };
}

function regnet(a: Arguments): Network {
  const p: RegNetParameters = {
    depth: a.integer('depth', undefined, { max: LIMITS.blocks }),
    w0: a.integer('w_0'),
    wa: a.number('w_a'),
    wm: a.number('w_m'),
    groupWidth: a.integer('group_width'),
    bottleneckRatio: a.number('bottleneck_multiplier', 1, { min: 0 }),
  };
  const seRatio = a.number('se_ratio', 0, { min: 0, max: 16 });
  if (p.wa < 0 || p.wm <= 1 || p.w0 % 8)
    a.fail('w_0', `${p.w0}, w_a ${p.wa}, w_m ${p.wm} do not make a RegNet.`, 'w_0 must be a multiple of 8, w_a not negative, w_m above 1.');
  const stemWidth = a.integer('stem_width', 32);
  return { ...frame(a), ...regnetTrunk(regnetStages(p, 'divisible'), stemWidth, seRatio), zeroInitResidual: false };
}

function frame(a: Arguments): Omit<Network, 'stem' | 'stages' | 'zeroInitResidual'> {
  const classes = a.integer('num_classes', 1000, { min: 0, max: LIMITS.classes });
  return {
    inChannels: 3,
    conv: undefined,
    norm: batchNorm,
    outIndices: [],
    structure: { trunk: 'resnet', avgDown: false },
    // torchvision itself would make a linear layer with 0 outputs. Here that is a backbone, as in timm.
    head: classes ? linearHead(classes) : undefined,
  };
}
