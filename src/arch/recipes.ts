/**
 * Preprocessing as the checkpoints were trained and tested with it. Sources: torchvision's weights enums, timm's pretrained_cfg,
 * MMPretrain's configuration files.
 */

import { ResnetError } from '../util/errors.ts';
import type { Arch, BackboneConfig, ClassifierConfig, LibraryConfig } from './config.ts';
import * as lazy from './lazy.ts';
import { type NamedArch, namedArch } from './names.ts';
import { type Colour, IMAGENET, type Recipe, recipe, type TimmRecipe } from './recipe-parts.ts';

export function timmRecipe({ test, ...own }: TimmRecipe): Recipe {
  return { ...trainRecipe(own), ...(test && { test: trainRecipe({ ...own, ...test }) }) };
}

function trainRecipe({ size, cropPct, interpolation, mean, std }: TimmRecipe): Recipe {
  const scale = (values: readonly number[] | undefined, fallback: readonly number[]) => values?.map((value) => value * 255) ?? fallback;
  const colour: Colour = { mean: scale(mean, IMAGENET.mean), std: scale(std, IMAGENET.std), order: 'rgb' };
  return recipe(Math.floor(size / cropPct), size, interpolation === 'bicubic' ? 'bicubic' : 'bilinear', 'pillow', 'torchvision', colour);
}

/** `classes` distinguishes the two CIFAR data sets. */
export async function recipeOf(arch: Arch, classes: number | undefined): Promise<Recipe> {
  if (typeof arch === 'string') return namedRecipe(namedArch(arch));
  if ('library' in arch) {
    const { library, entrypoint: name } = arch as LibraryConfig;
    if (name !== undefined && library !== 'transformers')
      return namedRecipe({ config: arch, source: library, base: name.replace(/\..*$/, ''), tag: /\.(.*)$/.exec(name)?.[1] });
    const usual = timmRecipe({ size: 224, cropPct: 0.875, interpolation: library === 'torchvision' ? 'bilinear' : 'bicubic' });
    return library === 'transformers' ? { ...usual, preprocess: { ...usual.preprocess, cropRounding: 'transformers' } } : usual;
  }
  const { mmpretrainRecipe, withDataPreprocessor } = await lazy.openmmlabRecipes();
  if (arch.type !== 'ImageClassifier') return mmpretrainRecipe(arch as BackboneConfig, '', true);
  const { backbone, data_preprocessor: data } = arch as ClassifierConfig;
  const usual =
    'library' in backbone
      ? await recipeOf(backbone, classes)
      : mmpretrainRecipe(backbone as BackboneConfig, classes === 100 ? 'cifar100' : '');
  return withDataPreprocessor(usual, data ?? {});
}

/**
 * The recipe for a name. torchvision's names without weights mean IMAGENET1K_V1 (resize 256, crop 224), as they always did. For the V2
 * weights say `ResNet50_Weights.IMAGENET1K_V2` or `.DEFAULT` (resize 232), or pass `preprocess`.
 */
async function namedRecipe(named: NamedArch): Promise<Recipe> {
  const { source, base, tag } = named;
  if (source === 'torchvision') return torchvisionRecipe(base, tag);
  if (source === 'timm') {
    const { timmTag } = await lazy.timmTags();
    return timmRecipe(timmTag(base, tag) ?? { size: 224, cropPct: 0.875, interpolation: 'bicubic' });
  }
  return (await lazy.openmmlabRecipes()).openmmlabRecipe(named);
}

function torchvisionRecipe(base: string, given?: string): Recipe {
  const tag = torchvisionEntry(base, given);
  if (tag.includes('swag_e2e')) return recipe(384, 384, 'bicubic', 'pillow', 'torchvision', IMAGENET);
  if (tag.includes('swag_linear')) return recipe(224, 224, 'bicubic', 'pillow', 'torchvision', IMAGENET);
  return recipe(tag.endsWith('v2') || base === 'resnext101_64x4d' ? 232 : 256, 224, 'bilinear', 'pillow', 'torchvision', IMAGENET);
}

/**
 * The entry of torchvision's weights enum, in lower case. DEFAULT is the second ImageNet training if there is one. Without an entry
 * it is the first.
 * @throws ResnetError `unknown-arch` for an entry that the network does not have
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

/** Adapts the recipe to another number of channels. One channel gets the mean of the colours. Others get nothing (run() takes tensors). */
export function fitChannels({ preprocess, inputSize, test }: Recipe, channels: number): Recipe {
  if (channels === preprocess.mean.length) return { preprocess, inputSize, test };
  const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const spread = (values: number[]) => Array<number>(channels).fill(average(values));
  const fitted = { preprocess: { ...preprocess, mean: spread(preprocess.mean), std: spread(preprocess.std) }, inputSize };
  return { ...fitted, ...(test && { test: fitChannels(test, channels) }) };
}
