/**
 * Reads config.json and preprocessor_config.json of a transformers repository. Forms and defaults:
 * https://github.com/huggingface/transformers, models/{resnet,regnet,bit}/configuration_*.py and models/convnext/image_processing_*.py
 */

import type { Preprocess } from '../api/types.ts';
import type { LibraryConfig } from '../arch/config.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount } from '../util/limits.ts';
import { show } from '../util/show.ts';
import { Card } from './card.ts';
import { backboneInside } from './hub-backbone.ts';
import type { Json, RepositoryCard } from './repository-card.ts';

const ARGUMENTS = [
  'num_channels',
  'embedding_size',
  'hidden_sizes',
  'depths',
  'layer_type',
  'hidden_act',
  'downsample_in_first_stage',
  'downsample_in_bottleneck',
  'groups_width',
  // BitConfig's.
  'global_padding',
  'num_groups',
  'embedding_dynamic_padding',
  'output_stride',
  'width_factor',
];

/** Model types that can run here. */
export const modelTypes: ReadonlySet<unknown> = new Set(['resnet', 'regnet', 'bit']);

/** @param processor preprocessor_config.json, if there is one */
export function transformersCard(config: Json, processor: Json | undefined, repository: string): RepositoryCard {
  const card = new Card(config, `${repository}/config.json`);
  const type = card.text('model_type');
  const architecture = card.first('architectures');
  if (!modelTypes.has(type)) {
    const what = `a '${type}' model of transformers${architecture ? ` (${architecture})` : ''}`;
    const arch = backboneInside(card, (nested) => configOf(nested.all(), 0, true));
    // Its processor makes images for the whole model: of other sizes, with boxes and masks.
    if (arch) return { arch, ...(!type?.endsWith('backbone') && type !== 'rt_detr_resnet' && { whole: what }) };
    throw new ResnetError('unsupported', `The repository holds ${what}, which is not a network of the ResNet family.`, {
      layer: repository,
      hint: "Choose one whose model_type, or that of its backbone, is 'resnet', 'regnet' or 'bit', or a backbone of timm's ResNet family.",
    });
  }
  const labels = card.labels('id2label');
  const bare = architecture !== undefined && !/ForImageClassification$/.test(architecture);
  const classes = bare ? 0 : (labels?.length ?? card.count('num_labels', 'classes', 0) ?? 2);
  // Classifiers and bare models inherit out_features from their configuration's base class, but ignore them.
  const arch = configOf(config, classes, /Backbone$/.test(architecture ?? ''));
  return { arch, ...(classes > 0 && { labels }), ...(processor && recipe(processor, repository)) };
}

function configOf(config: Json, classes: number, isBackbone: boolean): LibraryConfig {
  const known = ARGUMENTS.filter((name) => config[name] !== undefined && config[name] !== null).map((name) => [name, config[name]]);
  const out = isBackbone && Array.isArray(config.out_features) ? { out_features: config.out_features } : undefined;
  return { library: 'transformers', type: String(config.model_type), ...Object.fromEntries(known), ...out, num_labels: classes };
}

type Steps = Pick<Preprocess, 'resize' | 'crop'> & { inputSize: [number, number] };

/** `IMAGENET_STANDARD` and `OPENAI_CLIP` of image_utils.py. */
const HALF = [0.5, 0.5, 0.5];
const CLIP = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };

/** By Pillow's numbers. */
const FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

function recipe(json: Json, repository: string): Pick<RepositoryCard, 'preprocess' | 'inputSize'> {
  const processor = new Card(json, `${repository}/preprocessor_config.json`);
  const name = processor.text('image_processor_type') ?? processor.text('feature_extractor_type') ?? 'ConvNextImageProcessor';
  const kind = /^(ConvNext|ViT|Bit|CLIP)(FeatureExtractor|ImageProcessor(Fast)?)$/.exec(name)?.[1];
  const fail = (what: string) =>
    new ResnetError('unsupported', `Its images go through ${what}, which this library does not support.`, {
      layer: `${repository}/preprocessor_config.json`,
      hint: 'Pass arch and preprocess with the weights: loadModel({ arch, weights, preprocess }).',
    });
  if (!kind) throw fail(name);
  // Pillow's numbers of its filters.
  const resample = processor.raw('resample') ?? (kind === 'ViT' ? 2 : 3);
  const filter = typeof resample === 'number' ? FILTERS[resample] : undefined;
  // Today's classes write the same name whether Pillow or torchvision resizes. Classes with Fast in the name used torchvision.
  const torch = name.endsWith('Fast');
  const possible = filter && (!torch || filter === 'bilinear' || filter === 'bicubic');
  if (!possible) throw fail(`${name} with the filter ${show(resample)}`);
  const how: How = { filter, kernel: torch ? 'torch' : 'pillow' };
  const { inputSize, ...steps } =
    kind === 'ConvNext' ? convnext(processor, how) : kind === 'ViT' ? vit(processor, how) : clip(processor, how);
  const fallback = kind === 'ConvNext' || kind === 'ViT' ? { mean: HALF, std: HALF } : CLIP;
  return { inputSize, preprocess: { ...steps, cropRounding: 'transformers', ...levels(processor, fallback), order: 'rgb' } };
}

type How = Pick<NonNullable<Preprocess['resize']>, 'filter' | 'kernel'>;

/** Below 384 the short edge is scaled and the centre is cropped. From 384 on, the image is distorted to the square. */
function convnext(processor: Card, how: How): Steps {
  const edge = edgeOf(processor, 'size', 'shortest_edge', 384);
  const inputSize: [number, number] = [edge, edge];
  if (processor.flag('do_resize') === false) return { resize: null, crop: null, inputSize };
  if (edge >= 384) return { resize: { size: inputSize, edge: 'exact', ...how }, crop: null, inputSize };
  const cropPct = processor.ratio('crop_pct') ?? 0.875;
  const size = Math.trunc(edge / cropPct);
  if (!isCount(size, 'edge')) processor.fail('crop_pct', cropPct, 'a part of the image');
  return { resize: { size, edge: 'short', ...how }, crop: edge, inputSize };
}

function vit(processor: Card, how: How): Steps {
  const inputSize: [number, number] = [edgeOf(processor, 'size', 'height', 224), edgeOf(processor, 'size', 'width', 224)];
  return { resize: (processor.flag('do_resize') ?? true) ? { size: inputSize, edge: 'exact', ...how } : null, crop: null, inputSize };
}

function clip(processor: Card, how: How): Steps {
  const crop: [number, number] = [edgeOf(processor, 'crop_size', 'height', 224), edgeOf(processor, 'crop_size', 'width', 224)];
  const edge = edgeOf(processor, 'size', 'shortest_edge', 224);
  const cropped = processor.flag('do_center_crop') ?? true;
  return {
    resize: (processor.flag('do_resize') ?? true) ? { size: edge, edge: 'short', ...how } : null,
    crop: cropped ? crop : null,
    inputSize: cropped ? crop : [edge, edge],
  };
}

/** Sizes are numbers in files before transformers 4.26, objects since. */
function edgeOf(processor: Card, field: string, name: string, fallback: number): number {
  const edge = typeof processor.raw(field) === 'object' ? processor.card(field)?.count(name, 'edge') : processor.count(field, 'edge');
  return edge ?? fallback;
}

/** `(x * factor - mean) / std` on the 0..255 scale. */
function levels(processor: Card, fallback: { mean: number[]; std: number[] }): Pick<Preprocess, 'mean' | 'std'> {
  const factor = processor.ratio('rescale_factor') ?? 1 / 255;
  // 1/255 is not exact in binary, but its reciprocal is.
  const white = (processor.flag('do_rescale') ?? true) ? Math.round(1e6 / factor) / 1e6 : 1;
  const scaled = (values: number[] | undefined, usual: number[]) => (values ?? usual).map((value) => value * white);
  if (processor.flag('do_normalize') === false) return { mean: [0, 0, 0], std: [white, white, white] };
  return {
    mean: scaled(processor.levels('image_mean', 'mean'), fallback.mean),
    std: scaled(processor.levels('image_std', 'deviation'), fallback.std),
  };
}
