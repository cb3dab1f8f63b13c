/**
 * Networks of the ResNet family inside larger models of transformers: detectors and segmenters (DETR, Mask2Former, UperNet …) and backbones
 * alone. https://github.com/huggingface/transformers, backbone_utils.py, models/{timm_backbone,rt_detr,detr}/configuration_*.py
 */
import type { LibraryConfig } from '../arch/config.ts';
import { isTimmName } from '../arch/names.ts';
import type { Card } from './card.ts';

/** Undefined where there is none, or one of another family. `own`: reads a configuration of transformers' resnet, regnet or bit. */
export function backboneInside(card: Card, own: (nested: Card) => LibraryConfig): LibraryConfig | undefined {
  const type = card.text('model_type');
  if (type === 'timm_backbone') return timmBackbone(card);
  if (type === 'rt_detr_resnet') return rtDetrResNet(card);
  const nested = card.card('backbone_config');
  if (nested) {
    const inner = nested.text('model_type') ?? '';
    if (inner === 'timm_backbone' || inner === 'rt_detr_resnet') return backboneInside(nested, own);
    return ['resnet', 'regnet', 'bit'].includes(inner) ? own(nested) : undefined;
  }
  // As DETR's configurations were first: a name of timm, and whether the last stage is dilated in place of its stride.
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

/** timm's ResNet-D by other names. Of basic blocks it has a projection where nothing changes, which no class here has. */
function rtDetrResNet(card: Card): LibraryConfig | undefined {
  if (card.text('layer_type') === 'basic') return undefined;
  if (card.flag('downsample_in_first_stage') || card.flag('downsample_in_bottleneck')) return undefined;
  if ((card.text('hidden_act') ?? 'relu') !== 'relu') return undefined;
  const widths = numbers(card.raw('hidden_sizes')) ?? [256, 512, 1024, 2048];
  return {
    library: 'timm',
    type: 'ResNet',
    block: 'Bottleneck',
    layers: numbers(card.raw('depths')) ?? [3, 4, 6, 3],
    channels: widths.map((width) => width / 4),
    in_chans: card.count('num_channels', 'channels') ?? 3,
    stem_type: 'deep',
    stem_width: (card.count('embedding_size', 'channels') ?? 64) / 2,
    avg_down: true,
    num_classes: 0,
    ...stagesOf(card.raw('out_indices')),
  };
}

const numbers = (value: unknown): number[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : undefined;

/** Their first place is the stem's map, which is not given here. */
function stagesOf(indices: unknown): { out_indices?: number[] } {
  const stages = numbers(indices)
    ?.map((index) => index - 1)
    .filter((stage) => stage >= 0);
  return stages?.length ? { out_indices: stages } : {};
}
