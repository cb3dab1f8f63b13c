/**
 * Networks of the ResNet family inside larger models of transformers: detectors and segmenters (DETR, Mask2Former, UperNet …), and separate
 * backbones. https://github.com/huggingface/transformers, backbone_utils.py, models/{timm_backbone,rt_detr,detr}/configuration_*.py
 */
import type { GeneralConfig, LibraryConfig } from '../arch/config.ts';
import { isTimmName } from '../arch/names.ts';
import { ResnetError } from '../util/errors.ts';
import { textOf } from '../util/show.ts';
import type { Card } from './card.ts';

/** Undefined if there is none, or if it is of another family. `own` reads a configuration of transformers' resnet, regnet or bit. */
export function backboneInside(card: Card, own: (nested: Card) => LibraryConfig): LibraryConfig | GeneralConfig | undefined {
  const type = card.text('model_type');
  if (type === 'timm_backbone') return timmBackbone(card);
  if (type === 'rt_detr_resnet') return rtDetrResNet(card);
  const nested = card.card('backbone_config');
  if (nested) {
    const inner = nested.text('model_type') ?? '';
    if (inner === 'timm_backbone' || inner === 'rt_detr_resnet') return backboneInside(nested, own);
    return ['resnet', 'regnet', 'bit'].includes(inner) ? own(nested) : undefined;
  }
  // The form of DETR's first configurations: a name of timm, and whether the last stage has dilation instead of a stride.
  return card.flag('use_timm_backbone') === false ? undefined : timmBackbone(card);
}

function timmBackbone(card: Card): LibraryConfig | undefined {
  const name = card.raw('backbone');
  if (typeof name !== 'string' || !isTimmName(name)) return undefined;
  const stride = card.count('output_stride', 'edge') ?? (card.flag('dilation') ? 16 : undefined);
  return {
    library: 'timm',
    entrypoint: name,
    num_classes: 0,
    in_chans: card.count('num_channels', 'channels') ?? 3,
    ...(stride && { output_stride: stride }),
    ...stagesOf(card.raw('out_indices')),
  };
}

/** ResNet-D under other names. Its basic blocks also have a projection in the first stage, where nothing changes. */
function rtDetrResNet(card: Card): GeneralConfig {
  const widths = numbers(card.raw('hidden_sizes')) ?? [256, 512, 1024, 2048];
  const embedding = card.count('embedding_size', 'channels') ?? 64;
  const basic = card.text('layer_type') === 'basic';
  const strides = widths.map((_, i) => (i > 0 || card.flag('downsample_in_first_stage') ? 2 : 1));
  const act = card.text('hidden_act') ?? 'relu';
  if (act !== 'relu') throw unbuilt(card, `hidden_act "${textOf(act)}"`);
  if (basic && strides[0] === 2) throw unbuilt(card, 'basic blocks and downsample_in_first_stage');
  return {
    type: 'GeneralResNet',
    in_channels: card.count('num_channels', 'channels') ?? 3,
    stem: { channels: [embedding / 2, embedding / 2, embedding], kernel: 3, stride: 2, pool: 'max' },
    block: basic ? 'BasicBlock' : 'Bottleneck',
    layers: numbers(card.raw('depths')) ?? [3, 4, 6, 3],
    channels: widths,
    mid_channels: basic ? widths : widths.map((width) => width / 4),
    strides,
    projected: widths.map((width, i) => basic || strides[i] === 2 || width !== (widths[i - 1] ?? embedding)),
    avg_down: true,
    ...(!basic && card.flag('downsample_in_bottleneck') && { style: 'caffe' }),
    out_indices: stagesOf(card.raw('out_indices')).out_indices ?? [widths.length - 1],
  };
}

function unbuilt(card: Card, what: string): ResnetError {
  return new ResnetError('unsupported', `The backbone is RT-DETR's ResNet with ${what}, which this library cannot build.`, {
    layer: card.place,
    hint: 'Choose one with ReLU, and blocks as published.',
  });
}

const numbers = (value: unknown): number[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : undefined;

/** Their first feature is the stem's map, which is not an output here. */
function stagesOf(indices: unknown): { out_indices?: number[] } {
  const stages = numbers(indices)
    ?.map((index) => index - 1)
    .filter((stage) => stage >= 0);
  return stages?.length ? { out_indices: stages } : {};
}
