/**
 * timm's pretrained_cfg by tag: the checkpoints that need another size, crop, filter, colour scale or number of classes.
 * Facts from timm 1.0.31 (https://github.com/huggingface/pytorch-image-models, Apache-2.0), written by test/libraries/recipes.py.
 * That script also says where a newer timm differs. Loaded on demand.
 */
import { ResnetError } from '../util/errors.ts';
import { distance } from '../util/spelling.ts';
import type { TimmRecipe } from './recipe-parts.ts';

// `size crop_pct [l: bilinear] [h: mean and std 0.5] [classes] [>test size [test crop_pct]]`, then the architectures of each tag.
// A star marks the default tag of an architecture that has several.
const table = `
= 160 0.91 >224
tf_in1k: resnetrs50
= 160 0.95 >224 0.95
a3_in1k: ecaresnet50t resnet18 resnet34 resnet50 resnet50d resnet101 resnet152 resnext50_32x4d seresnet50
= 160 0.95 l h
r160_in1k: test_resnet
= 176 0.875 >224 0.95
c3_in1k: resnet10t resnet14t
= 176 0.875 l >224 0.965
tv2_in1k: resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d wide_resnet50_2 wide_resnet101_2
= 176 0.9 >224 1
a1h_in1k: resnet50
= 192 0.94 >288
tf_in1k: resnetrs101
= 224 0.875
untrained: ecaresnext26t_32x4d ecaresnext50t_32x4d skresnet50 skresnet50d
gluon_in1k: resnet18 resnet34 resnet50 resnet50c resnet50d resnet50s resnet101 resnet101c resnet101d resnet101s resnet152 resnet152c resnet152d resnet152s resnext50_32x4d resnext101_32x4d resnext101_64x4d senet154 seresnext50_32x4d seresnext101_32x4d* seresnext101_64x4d
am_in1k: resnet50
in1k: resnest50d_1s4x24d resnest50d_4s2x40d legacy_seresnet18 legacy_seresnext26_32x4d
pycls_in1k: regnetx_002 regnetx_004 regnetx_006 regnetx_008 regnetx_016 regnetx_032 regnetx_040 regnetx_064 regnetx_080 regnetx_120 regnetx_160 regnetx_320 regnety_002 regnety_004 regnety_006 regnety_008 regnety_016 regnety_032 regnety_040 regnety_064 regnety_080 regnety_120 regnety_160 regnety_320
ra_in1k: skresnet18 skresnet34 skresnext50_32x4d
= 224 0.875 >288 0.95
miil_in1k: ecaresnet50d ecaresnet50d_pruned ecaresnet101d ecaresnet101d_pruned ecaresnetlight
ra2_in1k: resnet18d* resnet34d resnet50d* seresnet50
bt_in1k: resnet26 resnet26d resnet34 resnet50 resnetblur50 resnext50d_32x4d seresnext26d_32x4d seresnext26t_32x4d
ram_in1k: resnet50
ra_in1k: resnet50 resnext50_32x4d
untrained: resnet50t resnet200 resnetaa34d resnetblur18 resnetblur50d resnetblur101d resnext101_32x4d seresnet18 seresnet34 seresnet50t seresnet101 seresnet152 seresnetaa50d seresnext101_32x4d
racm_in1k: seresnext50_32x4d* wide_resnet50_2*
= 224 0.875 >288 1
sw_in12k_ft_in1k: seresnextaa101d_32x8d
= 224 0.875 h
untrained: resnetv2_50d resnetv2_50d_frn resnetv2_50t resnetv2_101d resnetv2_152 resnetv2_152d
goog_distilled_in1k: resnetv2_50x1_bit*
goog_teacher_in21k_ft_in1k: resnetv2_152x2_bit*
= 224 0.875 l
tv_in1k: resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d* resnext101_64x4d wide_resnet50_2 wide_resnet101_2*
fb_ssl_yfcc100m_ft_in1k: resnet18 resnet50 resnext50_32x4d resnext101_32x4d* resnext101_32x8d resnext101_32x16d
fb_swsl_ig1b_ft_in1k: resnet18 resnet50 resnext50_32x4d resnext101_32x4d resnext101_32x8d resnext101_32x16d
fb_wsl_ig1b_ft_in1k: resnext101_32x8d resnext101_32x16d* resnext101_32x32d
gluon_in1k: resnest14d resnest26d
in1k: resnest50d res2net50_14w_8s res2net50_26w_4s res2net50_26w_6s res2net50_26w_8s res2net50_48w_2s res2net50d res2net101_26w_4s res2net101d res2next50 legacy_senet154 legacy_seresnet34 legacy_seresnet50 legacy_seresnet101 legacy_seresnet152 legacy_seresnext50_32x4d legacy_seresnext101_32x4d
= 224 0.875 l h 21843
goog_in21k: resnetv2_50x1_bit resnetv2_50x3_bit resnetv2_101x1_bit resnetv2_101x3_bit resnetv2_152x2_bit resnetv2_152x4_bit
= 224 0.9 h >288 1
ra4_e3600_r224_in1k: resnet18d resnet34 resnetv2_18 resnetv2_18d resnetv2_34 resnetv2_34d*
= 224 0.94 >288 0.95
a1h_in1k: resnet50_gn
= 224 0.95 11821 >288 1
sw_in12k: resnetaa50d resnetaa101d seresnextaa101d_32x8d regnety_120 regnety_160
d_in12k: resnetaa50d
= 224 0.95 >288 1
a1_in1k: ecaresnet50t resnet18* resnet34* resnet50* resnet50d resnet101 resnet152 resnext50_32x4d seresnet50*
a2_in1k: ecaresnet50t resnet18 resnet34 resnet50 resnet50d resnet101 resnet152 resnext50_32x4d seresnet50
b1k_in1k: resnet50
b2k_in1k: resnet50
c1_in1k: resnet50 resnext101_64x4d*
c2_in1k: resnet50
d_in1k: resnet50
a1h_in1k: resnet101* resnet152* resnetaa50 resnext50_32x4d*
sw_in12k_ft_in1k: resnetaa50d* resnetaa101d* regnety_120* regnety_160*
ah_in1k: seresnext101_32x8d seresnext101d_32x8d seresnextaa101d_32x8d
ra3_in1k: regnetv_040 regnetv_064 regnety_040* regnety_064* regnety_080*
ra_in1k: regnety_032*
untrained: regnety_040_sgn regnetz_005
lion_in12k_ft_in1k: regnety_160
deit_in1k: regnety_160
= 224 0.95 h >288 1
ra4_e3600_r224_in1k: resnet50d
a1h_in1k: resnetv2_50 resnetv2_101
ah_in1k: resnetv2_50d_evos resnetv2_50d_gn
= 224 0.965
tv2_in1k: regnetx_004_tv regnetx_008* regnetx_016* regnetx_032* regnetx_080* regnetx_160* regnetx_320* regnety_004* regnety_008_tv regnety_016* regnety_032 regnety_080_tv regnety_160 regnety_320*
swag_lc_in1k: regnety_160 regnety_320 regnety_1280
= 224 0.965 0
seer: regnety_320 regnety_640 regnety_1280
= 224 1 0
bamboo: resnet50
= 256 0.875 >288 0.95
untrained: seresnet200d seresnet269d
= 256 0.875 >320 0.95
ra2_in1k: ecaresnet26t ecaresnet50t*
= 256 0.875 l
in1k: resnest101e
= 256 0.94 >320 1
ra2_in1k: resnet26t
= 256 0.95 >288 0.95
untrained: ecaresnet200d
= 256 0.95 >320 1
ra2_in1k: resnet101d* resnet152d* resnet200d seresnet152d
= 256 1 >320
tf_in1k: resnetrs152 resnetrs200
= 256 1 >320 1
ra3_in1k: regnetz_040 regnetz_040_h
= 256 1 >352
tf_in1k: resnetrs270
= 288 0.95 >320 1
sw_in12k_ft_in1k_288: seresnextaa101d_32x8d*
= 288 1 >384
tf_in1k: resnetrs350
= 320 0.909
in1k: resnest200e
= 320 0.95 11821 >384 1
sw_in12k: seresnextaa201d_32x8d
= 320 0.95 >352 1
ra2_in1k: ecaresnet269d
= 320 1 >416
tf_in1k: resnetrs420
= 384 1
sw_in12k_ft_in1k_384: seresnextaa201d_32x8d*
swag_ft_in1k: regnety_160 regnety_320 regnety_1280*
seer_ft_in1k: regnety_320 regnety_640* regnety_1280 regnety_2560
= 384 1 h
goog_teacher_in21k_ft_in1k_384: resnetv2_152x2_bit
= 384 1 h >448
ra4_e3600_r384_in1k: resnetv2_34d
= 416 0.928
in1k: resnest269e
= 448 1 l h
goog_in21k_ft_in1k: resnetv2_50x1_bit resnetv2_50x3_bit* resnetv2_101x1_bit* resnetv2_101x3_bit* resnetv2_152x2_bit
= 480 1 l h
goog_in21k_ft_in1k: resnetv2_152x4_bit*
`;

export interface TimmTag extends TimmRecipe {
  tag: string;
  classes: number;
  /** What timm's authors test with, if they trained with something else. */
  test?: { size: number; cropPct: number };
}

/**
 * For a tag of an architecture. Default: its default tag.
 * @returns undefined for an architecture without tags
 * @throws ResnetError `unknown-arch` with the nearest tag, if the architecture does not have this one
 */
export function timmTag(base: string, tag?: string): TimmTag | undefined {
  const known = [...entries()].filter((entry) => entry.base === base);
  const found =
    known.find((entry) => (tag === undefined ? entry.isDefault : entry.tag === tag)) ?? (tag === undefined ? known[0] : undefined);
  if (found) return parse(found.tag, found.settings);
  if (tag === undefined || known.length === 0) return undefined;
  const near = known.sort((a, b) => distance(tag, a.tag) - distance(tag, b.tag)).slice(0, 3);
  throw new ResnetError('unknown-arch', `timm's ${base} has no tag '${tag}'.`, {
    layer: 'arch',
    hint: `Did you mean ${near.map((entry) => `${base}.${entry.tag}`).join(', ')}? For weights of your own pass 'timm/${base}'.`,
  });
}

interface Entry {
  base: string;
  tag: string;
  isDefault: boolean;
  settings: readonly string[];
}

function* entries(): Generator<Entry> {
  let settings: readonly string[] = [];
  for (const line of table.trim().split('\n')) {
    const [tag = '', ...words] = line.split(/:? /);
    if (tag === '=') settings = words;
    else for (const word of words) yield { base: word.replace('*', ''), tag, isDefault: word.endsWith('*'), settings };
  }
}

function parse(tag: string, settings: readonly string[]): TimmTag {
  const at = settings.findIndex((word) => word.startsWith('>'));
  const [size, cropPct, ...flags] = at < 0 ? settings : settings.slice(0, at);
  const [testSize, testCropPct = cropPct] = at < 0 ? [] : settings.slice(at);
  const half = flags.includes('h') ? [0.5, 0.5, 0.5] : undefined;
  return {
    tag,
    size: Number(size),
    cropPct: Number(cropPct),
    interpolation: flags.includes('l') ? 'bilinear' : 'bicubic',
    mean: half,
    std: half,
    classes: Number(flags.find((flag) => /\d/.test(flag)) ?? 1000),
    ...(testSize && { test: { size: Number(testSize.slice(1)), cropPct: Number(testCropPct) } }),
  };
}

export function isTimmTag(base: string, tag: string): boolean {
  for (const entry of entries()) if (entry.base === base && entry.tag === tag) return true;
  return false;
}

/** Every `architecture.tag`. */
export function timmTags(): string[] {
  return Array.from(entries(), ({ base, tag }) => `${base}.${tag}`);
}
