/**
 * Preprocessing as the checkpoints were trained and tested with it. Sources: torchvision's weights enums, timm's pretrained_cfg,
 * MMPretrain's configuration files.
 */

import type { Preprocess } from '../api/types.ts';
import { ResnetError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { Arguments } from './arguments.ts';
import type { Arch, BackboneConfig, ClassifierConfig, GeneralConfig, LibraryConfig } from './config.ts';
import { type NamedArch, namedArch } from './names.ts';

export interface Recipe {
  preprocess: Preprocess;
  /** [height, width] */
  inputSize: [number, number];
  /** Where the authors test with another size than they trained with: the published accuracy is often for this one. */
  test?: Omit<Recipe, 'test'>;
}

interface Colour {
  mean: readonly number[];
  std: readonly number[];
  order: 'rgb' | 'bgr';
}

const IMAGENET: Colour = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], order: 'rgb' };
/** pycls trained on BGR. */
const REGNET: Colour = { mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], order: 'bgr' };
/** MSRA's and Caffe2's networks, as MMDetection's `caffe` configurations have them. */
const CAFFE: Colour = { mean: [103.53, 116.28, 123.675], std: [1, 1, 1], order: 'bgr' };
const DETECTRON: Colour = { mean: [102.9801, 115.9465, 122.7717], std: [1, 1, 1], order: 'bgr' };
const RESNEST: Colour = { mean: [123.68, 116.779, 103.939], std: [58.393, 57.12, 57.375], order: 'rgb' };
/** CIFAR's own files are RGB, so MMPretrain's `to_rgb: false` keeps that order. */
const CIFAR10: Colour = { mean: [125.307, 122.961, 113.8575], std: [51.5865, 50.847, 51.255], order: 'rgb' };
const CIFAR100: Colour = { mean: [129.304, 124.07, 112.434], std: [68.17, 65.392, 70.418], order: 'rgb' };

type Filter = 'bilinear' | 'bicubic';
type Kernel = 'pillow' | 'opencv';

function recipe(
  resize: number | undefined,
  crop: number,
  filter: Filter,
  kernel: Kernel,
  cropRounding: Preprocess['cropRounding'],
  { mean, std, order }: Colour,
): Recipe {
  const step = resize === undefined ? {} : { resize: { size: resize, edge: 'short' as const, filter, kernel }, crop };
  return { preprocess: { ...step, cropRounding, mean: [...mean], std: [...std], order }, inputSize: [crop, crop] };
}

/** What timm's pretrained_cfg (config.json of its repositories) says; mean and std on the 0..1 scale. */
export interface TimmRecipe {
  size: number;
  cropPct: number;
  interpolation: string;
  mean?: readonly number[];
  std?: readonly number[];
  /** timm's test_input_size and test_crop_pct. */
  test?: { size: number; cropPct: number };
}

export function timmRecipe({ test, ...own }: TimmRecipe): Recipe {
  return { ...trainRecipe(own), ...(test && { test: trainRecipe({ ...own, ...test }) }) };
}

function trainRecipe({ size, cropPct, interpolation, mean, std }: TimmRecipe): Recipe {
  const scale = (values: readonly number[] | undefined, fallback: readonly number[]) => values?.map((value) => value * 255) ?? fallback;
  const colour: Colour = { mean: scale(mean, IMAGENET.mean), std: scale(std, IMAGENET.std), order: 'rgb' };
  return recipe(Math.floor(size / cropPct), size, interpolation === 'bicubic' ? 'bicubic' : 'bilinear', 'pillow', 'torchvision', colour);
}

/** `classes` tells the two CIFAR sets apart. */
export async function recipeOf(arch: Arch, classes: number | undefined): Promise<Recipe> {
  if (typeof arch === 'string') return namedRecipe(namedArch(arch));
  if ('library' in arch) {
    const { library, entrypoint: name } = arch as LibraryConfig;
    if (name !== undefined && library !== 'transformers')
      return namedRecipe({ config: arch, source: library, base: name.replace(/\..*$/, ''), tag: /\.(.*)$/.exec(name)?.[1] });
    const usual = timmRecipe({ size: 224, cropPct: 0.875, interpolation: library === 'torchvision' ? 'bilinear' : 'bicubic' });
    return library === 'transformers' ? { ...usual, preprocess: { ...usual.preprocess, cropRounding: 'transformers' } } : usual;
  }
  if (arch.type !== 'ImageClassifier') return mmpretrainRecipe(arch as BackboneConfig, '', true);
  const { backbone, data_preprocessor: data } = arch as ClassifierConfig;
  const usual =
    'library' in backbone
      ? await recipeOf(backbone, classes)
      : mmpretrainRecipe(backbone as BackboneConfig, classes === 100 ? 'cifar100' : '');
  return withDataPreprocessor(usual, data ?? {});
}

/**
 * By name. torchvision's names without weights mean IMAGENET1K_V1 (resize 256, crop 224), as they always did; for the V2 weights say
 * `ResNet50_Weights.IMAGENET1K_V2` or `.DEFAULT` (resize 232), or pass `preprocess`.
 */
async function namedRecipe({ source, base, tag, config }: NamedArch): Promise<Recipe> {
  if (source === 'torchvision') return torchvisionRecipe(base, tag);
  if (source === 'cifar') return cifarRecipe(IMAGENET);
  if (source === 'timm') {
    const { timmTag } = await import('./timm-tags.ts');
    return timmRecipe(timmTag(base, tag) ?? { size: 224, cropPct: 0.875, interpolation: 'bicubic' });
  }
  if (config.type === 'ImageClassifier') return mmpretrainRecipe((config as ClassifierConfig).backbone as BackboneConfig, tag);
  return base.startsWith('detectron/') ? plain(DETECTRON, 224) : mmpretrainRecipe(config as BackboneConfig, tag, true);
}

function torchvisionRecipe(base: string, given?: string): Recipe {
  const tag = torchvisionEntry(base, given);
  if (tag.includes('swag_e2e')) return recipe(384, 384, 'bicubic', 'pillow', 'torchvision', IMAGENET);
  if (tag.includes('swag_linear')) return recipe(224, 224, 'bicubic', 'pillow', 'torchvision', IMAGENET);
  return recipe(tag.endsWith('v2') || base === 'resnext101_64x4d' ? 232 : 256, 224, 'bilinear', 'pillow', 'torchvision', IMAGENET);
}

/**
 * The entry of torchvision's weights enum, in lower case. DEFAULT is the second ImageNet training where there is one; without an entry
 * it is the first.
 * @throws ResnetError `unknown-arch` for one that the network has not
 */
function torchvisionEntry(base: string, given?: string): string {
  const swag = /^regnet_y_(16|32|128)gf$/.test(base) ? ['imagenet1k_swag_e2e_v1', 'imagenet1k_swag_linear_v1'] : [];
  const first = base === 'regnet_y_128gf' ? [] : ['imagenet1k_v1'];
  const second = /^resnet(18|34)$|^resnext101_64x4d$|^regnet_y_128gf$/.test(base) ? [] : ['imagenet1k_v2'];
  const entries = [...first, ...second, ...swag];
  if (given === 'default') return [...second, ...entries][0] ?? '';
  const found = given === undefined ? entries[0] : entries.find((entry) => entry === given);
  if (found !== undefined) return found;
  throw new ResnetError('unknown-arch', `torchvision's ${base} has no weights '${given?.toUpperCase()}'.`, {
    layer: 'arch',
    hint: `It has ${[...entries, 'default'].join(', ').toUpperCase()}.`,
  });
}

/** 32x32 images pass as they are; others are brought to that size. */
function cifarRecipe(colour: Colour, cropRounding: Preprocess['cropRounding'] = 'torchvision'): Recipe {
  return recipe(32, 32, 'bilinear', 'pillow', cropRounding, colour);
}

/** `bare`: without resize and crop, as a backbone's configuration does not say where it is used. */
function mmpretrainRecipe(backbone: BackboneConfig, tag = '', bare = false): Recipe {
  const type = String(backbone.type).replace(/^(mmpretrain|mmcls)\./, '');
  const style = 'style' in backbone ? backbone.style : undefined;
  if (type === 'CifarResNet') return cifarRecipe(IMAGENET);
  if (type === 'GeneralResNet' && !bare) {
    const { kernel = 7, stride = 2, pool = 'max' } = (backbone as GeneralConfig).stem ?? {};
    return kernel === 3 && (stride === 1 || pool === 'none')
      ? cifarRecipe(IMAGENET)
      : recipe(256, 224, 'bilinear', 'pillow', 'torchvision', IMAGENET);
  }
  if (type === 'ResNet_CIFAR') return bare ? plain(CIFAR10, 32) : cifarRecipe(tag.includes('cifar100') ? CIFAR100 : CIFAR10, 'openmmlab');
  const detection = !(
    type in { ResNet: 1, ResNetV1c: 1, ResNetV1d: 1, ResNeXt: 1, SEResNet: 1, SEResNeXt: 1, ResNeSt: 1, Res2Net: 1, RegNet: 1 }
  );
  const colour = type.endsWith('RegNet') ? REGNET : detection && style === 'caffe' ? CAFFE : type === 'mmdet.ResNeSt' ? RESNEST : IMAGENET;
  if (bare) return plain(colour, 224);
  if (tag.includes('cub')) {
    const exact = recipe(600, 448, 'bilinear', 'opencv', 'openmmlab', colour);
    return {
      ...exact,
      preprocess: { ...exact.preprocess, resize: { size: [600, 600], edge: 'exact', filter: 'bilinear', kernel: 'opencv' } },
    };
  }
  if (tag.includes('rsb')) return recipe(236, 224, 'bicubic', 'pillow', 'openmmlab', colour);
  if (type === 'ResNeSt') {
    // EfficientNetCenterCrop crops size / (size + 32) of the short side, then resizes; the other order differs in rounding only.
    const size = { 101: 256, 200: 320, 269: 416 }[Number('depth' in backbone ? backbone.depth : 50)] ?? 256;
    return recipe(size + 32, size, 'bicubic', 'pillow', 'openmmlab', colour);
  }
  const wide = 'base_channels' in backbone && backbone.base_channels === 128;
  const kernel = (type === 'ResNet' && !wide) || type === 'RegNet' ? 'opencv' : 'pillow';
  return recipe(256, 224, 'bilinear', kernel, 'openmmlab', colour);
}

function plain(colour: Colour, size: number): Recipe {
  return recipe(undefined, size, 'bilinear', 'pillow', 'openmmlab', colour);
}

/** Lays an ImageClassifier's data_preprocessor over a recipe. */
function withDataPreprocessor(base: Recipe, data: Readonly<Record<string, unknown>>): Recipe {
  const preprocess = { ...base.preprocess };
  const a = new Arguments('ImageClassifier.data_preprocessor', data);
  preprocess.mean = a.levels('mean', 'mean') ?? preprocess.mean;
  preprocess.std = a.levels('std', 'deviation') ?? preprocess.std;
  // OpenMMLab loads BGR and reverses it on demand.
  if (typeof data.to_rgb === 'boolean') preprocess.order = data.to_rgb ? 'rgb' : 'bgr';
  const divisor = a.integer('pad_size_divisor', 1, { max: LIMITS.edge });
  if (divisor > 1) preprocess.padDivisor = divisor;
  if (a.has('pad_value')) preprocess.padValue = a.number('pad_value', 0, { min: -LIMITS.level, max: LIMITS.level });
  return { ...base, preprocess };
}

/** The recipe for another number of channels: the mean of the colours for one, nothing for others (run() takes tensors). */
export function fitChannels({ preprocess, inputSize, test }: Recipe, channels: number): Recipe {
  if (channels === preprocess.mean.length) return { preprocess, inputSize, test };
  const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const spread = (values: number[]) => Array<number>(channels).fill(average(values));
  const fitted = { preprocess: { ...preprocess, mean: spread(preprocess.mean), std: spread(preprocess.std) }, inputSize };
  return { ...fitted, ...(test && { test: fitChannels(test, channels) }) };
}
