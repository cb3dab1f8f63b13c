/**
 * What config.json of a timm repository says. Forms: timm/models/_hub.py; transforms: timm/data/transforms_factory.py
 * (https://github.com/huggingface/pytorch-image-models).
 */
import { namedArch } from '../arch/names.ts';
import { timmRecipe } from '../arch/recipes.ts';
import { isTimmTag } from '../arch/timm-tags.ts';
import { ResnetError } from '../errors.ts';
import type { Preprocess } from '../types.ts';
import type { Json, RepositoryCard } from './hub.ts';

/** @throws ResnetError `unsupported` for an architecture or a transform that this library has not */
export function timmCard(config: Json, repository: string): RepositoryCard {
  // Older repositories have one dict for both.
  const own = (config.pretrained_cfg ?? config) as Json;
  const both = { ...own, ...config };
  const [base = '', suffix] = String(config.architecture).split('.');
  const [channels = 3, height = 224, width = 224] = Array.isArray(own.input_size) ? (own.input_size as number[]) : [];
  const { in_chans = channels, num_classes: classes, img_size: _, ...args } = (config.model_args ?? {}) as Json;
  if (in_chans !== 3) args.in_chans = in_chans;
  // Today's timm writes it in both places, whatever it is.
  if (config.global_pool) args.global_pool = config.global_pool;
  if (args.global_pool === 'avg') delete args.global_pool;
  checkArch(base, repository);
  const tag = String(own.tag ?? suffix ?? '');
  // A tag of one's own has no recipe in the tables, and this file has one anyway.
  const tagged = isTimmTag(base, tag) ? `${base}.${tag}` : undefined;
  const preprocess = recipe(own, [height, width], Number(in_chans), repository);
  const { test_input_size: testSize, test_crop_pct: testCropPct } = own;
  const [, testHeight = height, testWidth = width] = (testSize as number[] | null | undefined) ?? [];
  const testCrop = { ...own, crop_pct: testCropPct ?? own.crop_pct };
  return {
    arch: Object.keys(args).length > 0 ? { library: 'timm', entrypoint: tagged ?? base, ...args } : (tagged ?? `timm/${base}`),
    numClasses: (both.num_classes ?? classes) as number | undefined,
    labels: labelsOf(both),
    inputSize: [height, width],
    preprocess,
    ...((testSize !== undefined || testCropPct !== undefined) && {
      test: {
        inputSize: [testHeight, testWidth],
        preprocess: recipe(testCrop, [testHeight, testWidth], Number(in_chans), repository),
      },
    }),
  };
}

function checkArch(name: string, repository: string): void {
  try {
    namedArch(`timm/${name}`);
  } catch (cause) {
    if (!(cause instanceof ResnetError) || cause.code !== 'unknown-arch') throw cause;
    throw new ResnetError('unsupported', `The repository holds timm's ${name}, which is no network of the ResNet family.`, {
      layer: repository,
      hint: 'Choose a ResNet, ResNeXt, SE-ResNet, ECA-ResNet, ResNeSt, Res2Net or RegNet.',
      cause,
    });
  }
}

/** Class names, and descriptions by name where they are unlike: ImageNet's names are WordNet's numbers. */
function labelsOf({ label_names: names, labels = names, label_descriptions: descriptions }: Json): string[] | undefined {
  if (typeof labels !== 'object' || labels === null) return undefined;
  const list: string[] = [];
  for (const [index, name] of Object.entries(labels))
    list[Number(index)] = String((descriptions as Json | undefined)?.[String(name)] ?? name);
  return list.length > 0 ? Array.from(list, (label, i) => label ?? String(i)) : undefined;
}

function recipe(own: Json, inputSize: [number, number], channels: number, repository: string): Partial<Preprocess> {
  const { crop_pct, crop_mode = 'center', interpolation = 'bicubic', mean, std } = own;
  const [height, width] = inputSize;
  const cropPct = Number(crop_pct ?? 0.875);
  const fail = (what: string) =>
    new ResnetError('unsupported', `Its images are ${what}, which cannot be done here.`, {
      layer: repository,
      hint: 'Pass arch and preprocess besides the weights: loadModel({ arch, weights, preprocess }).',
    });
  if (interpolation !== 'bicubic' && interpolation !== 'bilinear') throw fail(`resized by ${interpolation}`);
  if (crop_mode !== 'squash' && (crop_mode !== 'center' || height !== width)) throw fail(`cropped by ${crop_mode} to ${height}x${width}`);
  const colour = { mean: mean as number[] | undefined, std: std as number[] | undefined };
  const { preprocess } = timmRecipe({ size: height, cropPct, interpolation, ...colour });
  if (crop_mode === 'squash' && preprocess.resize) {
    const size = inputSize.map((edge) => Math.floor(edge / cropPct)) as [number, number];
    preprocess.resize = { ...preprocess.resize, size, edge: 'exact' };
    preprocess.crop = inputSize;
  }
  if (channels === preprocess.mean.length) return preprocess;
  // Of the three channels that the weights were trained with at first.
  const { mean: _, std: __, ...others } = preprocess;
  return others;
}
