/** Recipes of MMPretrain's configuration files, of detection backbones, and for 32x32 images. Fetched when such a network is named. */

import type { Preprocess } from '../api/types.ts';
import { LIMITS } from '../util/limits.ts';
import { Arguments } from './arguments.ts';
import type { BackboneConfig, ClassifierConfig, GeneralConfig } from './config.ts';
import type { NamedArch } from './names.ts';
import { type Colour, IMAGENET, type Recipe, recipe } from './recipe-parts.ts';

/** pycls' networks were trained on BGR. */
const REGNET: Colour = { mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], order: 'bgr' };
/** MSRA's and Caffe2's networks, as in MMDetection's `caffe` configurations. */
const CAFFE: Colour = { mean: [103.53, 116.28, 123.675], std: [1, 1, 1], order: 'bgr' };
const DETECTRON: Colour = { mean: [102.9801, 115.9465, 122.7717], std: [1, 1, 1], order: 'bgr' };
const RESNEST: Colour = { mean: [123.68, 116.779, 103.939], std: [58.393, 57.12, 57.375], order: 'rgb' };
/** CIFAR's files are RGB, so MMPretrain's `to_rgb: false` keeps RGB. */
const CIFAR10: Colour = { mean: [125.307, 122.961, 113.8575], std: [51.5865, 50.847, 51.255], order: 'rgb' };
const CIFAR100: Colour = { mean: [129.304, 124.07, 112.434], std: [68.17, 65.392, 70.418], order: 'rgb' };

/** For a name of MMPretrain or of a CIFAR network. */
export function openmmlabRecipe({ base, tag, config }: NamedArch): Recipe {
  if (config.type === 'ImageClassifier') return mmpretrainRecipe((config as ClassifierConfig).backbone as BackboneConfig, tag);
  return base.startsWith('detectron/') ? plain(DETECTRON, 224) : mmpretrainRecipe(config as BackboneConfig, tag, true);
}

/** 32x32 images are used as they are. Other sizes are resized. */
function cifarRecipe(colour: Colour, cropRounding: Preprocess['cropRounding'] = 'torchvision'): Recipe {
  return recipe(32, 32, 'bilinear', 'pillow', cropRounding, colour);
}

/** `bare`: without resize and crop, because a backbone's configuration does not say what it is used for. */
export function mmpretrainRecipe(backbone: BackboneConfig, tag = '', bare = false): Recipe {
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
    // EfficientNetCenterCrop crops size / (size + 32) of the short side, then resizes. The other order only differs in rounding.
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

/** Applies an ImageClassifier's data_preprocessor to a recipe. */
export function withDataPreprocessor(base: Recipe, data: Readonly<Record<string, unknown>>): Recipe {
  const preprocess = { ...base.preprocess };
  const a = new Arguments('ImageClassifier.data_preprocessor', data);
  preprocess.mean = a.levels('mean', 'mean') ?? preprocess.mean;
  preprocess.std = a.levels('std', 'deviation') ?? preprocess.std;
  // OpenMMLab loads BGR and reverses it if asked to.
  if (typeof data.to_rgb === 'boolean') preprocess.order = data.to_rgb ? 'rgb' : 'bgr';
  const divisor = a.integer('pad_size_divisor', 1, { max: LIMITS.edge });
  if (divisor > 1) preprocess.padDivisor = divisor;
  if (a.has('pad_value')) preprocess.padValue = a.number('pad_value', 0, { min: -LIMITS.level, max: LIMITS.level });
  return { ...base, preprocess };
}
