/**
 * Reads config.json of a timm repository. Forms: timm/models/_hub.py. Transforms: timm/data/transforms_factory.py
 * (https://github.com/huggingface/pytorch-image-models).
 */

import type { Preprocess } from '../api/types.ts';
import { namedArch } from '../arch/names.ts';
import { timmRecipe } from '../arch/recipes.ts';
import { relativeOf } from '../arch/relatives.ts';
import { isTimmTag } from '../arch/timm-tags.ts';
import { ResnetError } from '../util/errors.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { roundHalfEven } from '../util/round.ts';
import { Card } from './card.ts';
import type { Json, RepositoryCard } from './repository-card.ts';

/** @throws ResnetError `unsupported` for an architecture or a transform that this library does not have */
export function timmCard(config: Json, repository: string): RepositoryCard {
  // Older repositories have one dict for both.
  const whole = new Card(config, `${repository}/config.json`);
  const own = whole.card('pretrained_cfg') ?? whole;
  const both = whole.over(own);
  const [base = '', suffix] = (whole.text('architecture') ?? '').split('.');
  const [channels, ...size] = inputSize(own, 'input_size') ?? [3, 224, 224];
  const modelArgs = whole.card('model_args');
  const inChans = modelArgs?.count('in_chans', 'channels') ?? channels;
  const { in_chans: _, num_classes: __, img_size: ___, ...args } = modelArgs?.all() ?? {};
  if (inChans !== 3) args.in_chans = inChans;
  // Today's timm always writes it in both places.
  const pool = whole.text('global_pool');
  if (pool) args.global_pool = pool;
  if (args.global_pool === 'avg') delete args.global_pool;
  checkArch(base, repository);
  const tag = own.text('tag') ?? suffix ?? '';
  // An unknown tag has no recipe in the tables. But this file contains one anyway.
  const tagged = isTimmTag(base, tag) ? `${base}.${tag}` : undefined;
  const [, ...testSize] = inputSize(own, 'test_input_size') ?? [0];
  const testCrop = own.ratio('test_crop_pct');
  const tested = testSize.length === 2 ? testSize : size;
  return {
    arch: Object.keys(args).length > 0 ? { library: 'timm', entrypoint: tagged ?? base, ...args } : (tagged ?? `timm/${base}`),
    numClasses: both.count('num_classes', 'classes', 0) ?? modelArgs?.count('num_classes', 'classes', 0),
    labels: labelsOf(both),
    inputSize: size,
    preprocess: recipe(own, size, inChans, repository),
    ...((tested !== size || testCrop !== undefined) && {
      test: { inputSize: tested, preprocess: recipe(own, tested, inChans, repository, testCrop) },
    }),
  };
}

function checkArch(name: string, repository: string): void {
  try {
    namedArch(`timm/${name}`);
  } catch (cause) {
    if (!(cause instanceof ResnetError) || cause.code !== 'unknown-arch') throw cause;
    const what = relativeOf(name) ?? 'not a network of the ResNet family';
    throw new ResnetError('unsupported', `The repository holds timm's ${name}, which is ${what}.`, {
      layer: repository,
      hint: 'Choose a ResNet, ResNeXt, SE-ResNet, ECA-ResNet, ResNeSt, Res2Net, SKNet, ResNetV2 or RegNet.',
      cause,
    });
  }
}

/** [channels, height, width] */
function inputSize(own: Card, name: string): [number, number, number] | undefined {
  const size = own.raw(name);
  if (size === undefined) return undefined;
  const fits = Array.isArray(size) && size.length === 3 && isCount(size[0], 'channels') && isEdges(size.slice(1));
  return fits ? (size as [number, number, number]) : own.fail(name, size, '[channels, height, width]');
}

/** Class names, and descriptions by name if they differ: ImageNet's names are WordNet numbers. */
function labelsOf(card: Card): string[] | undefined {
  const names = card.labels('labels') ?? card.labels('label_names');
  const descriptions = card.card('label_descriptions');
  return names?.map((name) => descriptions?.text(name) ?? name);
}

type Filter = NonNullable<Preprocess['resize']>['filter'];

const FILTERS: readonly Filter[] = ['bicubic', 'bilinear', 'nearest', 'lanczos', 'hamming', 'box'];

function recipe(own: Card, inputSize: [number, number], channels: number, repository: string, crop?: number): Partial<Preprocess> {
  const [crop_mode, interpolation] = [own.text('crop_mode') ?? 'center', own.text('interpolation') ?? 'bicubic'];
  const [height, width] = inputSize;
  const cropPct = crop ?? own.ratio('crop_pct') ?? 0.875;
  const scaled = Math.floor(Math.min(height, width) / cropPct);
  if (!isCount(scaled, 'edge') || !isCount(Math.floor(Math.max(height, width) / cropPct), 'edge'))
    own.fail('crop_pct', cropPct, 'a part of the image');
  const fail = (what: string) =>
    new ResnetError('unsupported', `Its images are ${what}, which this library does not support.`, {
      layer: repository,
      hint: 'Pass arch and preprocess with the weights: loadModel({ arch, weights, preprocess }).',
    });
  if (!FILTERS.includes(interpolation as Filter)) throw fail(`resized by ${interpolation}`);
  if (!['center', 'squash', 'border'].includes(crop_mode)) throw fail(`cropped by ${crop_mode}`);
  const colour = { mean: own.levels('mean', 'mean'), std: own.levels('std', 'deviation') };
  const { preprocess } = timmRecipe({ size: height, cropPct, interpolation, ...colour });
  const size = inputSize.map((edge) => Math.floor(edge / cropPct)) as [number, number];
  const edge = { squash: 'exact', border: 'contain' }[crop_mode] ?? (size[0] === size[1] ? 'short' : 'cover');
  preprocess.resize = {
    size: edge === 'short' ? size[0] : size,
    edge: edge as 'short' | 'exact' | 'cover' | 'contain',
    filter: interpolation as Filter,
    kernel: 'pillow',
  };
  preprocess.crop = height === width ? height : inputSize;
  // If the crop is larger than the resized image, it is filled with the mean, rounded to a byte.
  if (crop_mode === 'border') preprocess.cropFill = preprocess.mean.map(roundHalfEven);
  if (channels === preprocess.mean.length) return preprocess;
  // These are for the three channels that the weights were originally trained with.
  const { mean: _, std: __, cropFill: ___, ...others } = preprocess;
  return others;
}
