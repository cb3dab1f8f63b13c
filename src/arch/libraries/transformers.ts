/**
 * ResNet and RegNet of Hugging Face transformers, from the arguments of ResNetConfig and RegNetConfig. BiT: bit.ts.
 * https://github.com/huggingface/transformers, models/resnet and models/regnet
 */
import { LIMITS } from '../../util/limits.ts';
import { roundHalfEven } from '../../util/round.ts';
import { show } from '../../util/show.ts';
import { readActivation } from '../activation.ts';
import type { Arguments } from '../arguments.ts';
import { basic } from '../blocks/basic.ts';
import { bottleneck } from '../blocks/bottleneck.ts';
import { squeezeExcite } from '../blocks/channel-attention.ts';
import { linearHead } from '../head-parts.ts';
import { batchNorm } from '../layers.ts';
import { needed, type Variants } from '../needed.ts';
import type { Network } from '../network.ts';
import type { Block } from '../place.ts';
import { projection } from '../shortcut.ts';
import type { Stage } from '../stage.ts';
import { stem } from '../stem.ts';
import { readWidths } from './timm-stages.ts';

export function transformersNetwork(a: Arguments, variants?: Variants): Network {
  const type = a.type(['resnet', 'regnet', 'bit']);
  const regnet = type === 'regnet';
  const activation = readActivation(a, 'hidden_act');
  const trunk = type === 'bit' ? needed(variants).bit(a) : resnetTrunk(a, regnet);
  const classes = a.integer('num_labels', 2, { min: 0, max: LIMITS.classes });
  return {
    inChannels: a.integer('num_channels', 3),
    conv: undefined,
    norm: batchNorm,
    activation,
    outIndices: readOutStages(a, trunk.stages.length),
    zeroInitResidual: false,
    head: classes ? linearHead(classes) : undefined,
    ...trunk,
  };
}

function resnetTrunk(a: Arguments, regnet: boolean): Pick<Network, 'stem' | 'stages' | 'structure'> {
  const widths = readWidths(a, regnet ? [128, 192, 512, 1088] : [256, 512, 1024, 2048]);
  const depths = a.perStage('depths', regnet ? [2, 6, 12, 2] : [3, 4, 6, 3], widths.length, 'number', 'blocks');
  const stemWidth = a.integer('embedding_size', regnet ? 32 : 64);
  const strideFirst = a.boolean('downsample_in_first_stage', regnet);
  const makeBlock = regnet ? regnetBlock(a) : resnetBlock(a);
  const stages = widths.map((out, i): Stage => {
    const stride = i > 0 || strideFirst ? 2 : 1;
    return { blocks: depths[i] ?? 0, stride, dilation: 1, out, block: makeBlock(out), shortcut: projection() };
  });
  return {
    stem: regnet
      ? stem({ widths: [stemWidth], kernel: 3, stride: 2, pool: 'none' })
      : stem({ widths: [stemWidth], kernel: 7, stride: 2, pool: 'max' }),
    stages,
    structure: { trunk: regnet ? 'regnet' : 'resnet', avgDown: false },
  };
}

/** A backbone's out_features: `stage1` is the first. Default: all stages. (transformers' default is the last one only.) */
function readOutStages(a: Arguments, stages: number): number[] {
  const all = Array.from({ length: stages }, (_, i) => i);
  const names = a.read('out_features');
  if (names === undefined) return all;
  const wanted = all.filter((i) => Array.isArray(names) && names.includes(`stage${i + 1}`));
  if (!Array.isArray(names) || wanted.length !== names.length) {
    a.fail('out_features', `is ${show(names)}.`, `Use stage1 to stage${stages}; the map after the stem ('stem') is not available.`);
  }
  return wanted;
}

function resnetBlock(a: Arguments): (out: number) => Block {
  const kind = a.choice('layer_type', ['basic', 'bottleneck'], 'bottleneck');
  const style = a.boolean('downsample_in_bottleneck', false) ? 'caffe' : 'pytorch';
  return (out) => (kind === 'basic' ? basic({ reluInside: true }) : bottleneck({ mid: Math.floor(out / 4), style, reluInside: true }));
}

/** Y has squeeze-and-excitation after conv2. Its inner width is a quarter of the block's input. */
function regnetBlock(a: Arguments): (out: number) => Block {
  const attention = a.choice('layer_type', ['x', 'y'], 'y') === 'y';
  const groupWidth = a.integer('groups_width', 64);
  return (out) => (net, x, at) => {
    const squeeze = roundHalfEven(net.b.channels(x) / 4);
    const groups = Math.max(1, Math.floor(out / groupWidth));
    return bottleneck({ mid: out, groups, after2: attention ? squeezeExcite(() => squeeze, { relu: true }) : undefined })(net, x, at);
  };
}
