/**
 * timm's pretrained_cfg by tag: which of its checkpoints want another size, crop, filter, colour scale or number of classes.
 * Facts from timm 1.0 (https://github.com/huggingface/pytorch-image-models, Apache-2.0). Loaded on demand.
 */
import type { TimmRecipe } from './recipes.ts';

// `size crop_pct [l: bilinear] [h: mean and std 0.5] [classes]`, then by tag the architectures. The first tag that names an
// architecture is its default.
const table = `
= 160 0.91
tf_in1k: resnetrs50
= 160 0.95
a3_in1k: ecaresnet50t resnet18 resnet34 resnet50 resnet50d resnet101 resnet152 resnext50_32x4d seresnet50
= 160 0.95 l h
r160_in1k: test_resnet
= 176 0.875
c3_in1k: resnet10t resnet14t
= 176 0.875 l
tv2_in1k: resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d wide_resnet50_2 wide_resnet101_2
= 176 0.9
a1h_in1k: resnet50
= 192 0.94
tf_in1k: resnetrs101
= 224 0.875
miil_in1k: ecaresnet50d ecaresnet50d_pruned ecaresnet101d ecaresnet101d_pruned ecaresnetlight
gluon_in1k: resnet18 resnet34 resnet50 resnet50c resnet50d resnet50s resnet101 resnet101c resnet101d resnet101s resnet152 resnet152c resnet152d resnet152s resnext50_32x4d resnext101_32x4d resnext101_64x4d senet154 seresnext50_32x4d seresnext101_32x4d seresnext101_64x4d
ra2_in1k: resnet18d resnet34d resnet50d seresnet50
bt_in1k: resnet26 resnet26d resnet34 resnet50 resnetblur50 resnext50d_32x4d seresnext26d_32x4d seresnext26t_32x4d
am_in1k: resnet50
ra_in1k: resnet50 resnext50_32x4d
ram_in1k: resnet50
racm_in1k: seresnext50_32x4d wide_resnet50_2
sw_in12k_ft_in1k: seresnextaa101d_32x8d
in1k: resnest50d_1s4x24d resnest50d_4s2x40d legacy_seresnet18 legacy_seresnext26_32x4d
pycls_in1k: regnetx_002 regnetx_004 regnetx_006 regnetx_008 regnetx_016 regnetx_032 regnetx_040 regnetx_064 regnetx_080 regnetx_120 regnetx_160 regnetx_320 regnety_002 regnety_004 regnety_006 regnety_008 regnety_016 regnety_032 regnety_040 regnety_064 regnety_080 regnety_120 regnety_160 regnety_320
= 224 0.875 l
fb_ssl_yfcc100m_ft_in1k: resnet18 resnet50 resnext50_32x4d resnext101_32x4d resnext101_32x8d resnext101_32x16d
fb_swsl_ig1b_ft_in1k: resnet18 resnet50 resnext50_32x4d resnext101_32x4d resnext101_32x8d resnext101_32x16d
tv_in1k: resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2
fb_wsl_ig1b_ft_in1k: resnext101_32x8d resnext101_32x16d resnext101_32x32d
gluon_in1k: resnest14d resnest26d
in1k: resnest50d res2net50_14w_8s res2net50_26w_4s res2net50_26w_6s res2net50_26w_8s res2net50_48w_2s res2net50d res2net101_26w_4s res2net101d res2next50 legacy_senet154 legacy_seresnet34 legacy_seresnet50 legacy_seresnet101 legacy_seresnet152 legacy_seresnext50_32x4d legacy_seresnext101_32x4d
= 224 0.9 h
ra4_e3600_r224_in1k: resnet18d resnet34
= 224 0.94
a1h_in1k: resnet50_gn
= 224 0.95
a1_in1k: ecaresnet50t resnet18 resnet34 resnet50 resnet50d resnet101 resnet152 resnext50_32x4d seresnet50
a2_in1k: ecaresnet50t resnet18 resnet34 resnet50 resnet50d resnet101 resnet152 resnext50_32x4d seresnet50
b1k_in1k: resnet50
b2k_in1k: resnet50
c1_in1k: resnet50 resnext101_64x4d
c2_in1k: resnet50
d_in1k: resnet50
a1h_in1k: resnet101 resnet152 resnetaa50 resnext50_32x4d
sw_in12k_ft_in1k: resnetaa50d resnetaa101d regnety_120 regnety_160
ah_in1k: seresnext101_32x8d seresnext101d_32x8d seresnextaa101d_32x8d
ra3_in1k: regnetv_040 regnetv_064 regnety_040 regnety_064 regnety_080
ra_in1k: regnety_032
deit_in1k: regnety_160
lion_in12k_ft_in1k: regnety_160
= 224 0.95 11821
d_in12k: resnetaa50d
sw_in12k: resnetaa50d resnetaa101d seresnextaa101d_32x8d regnety_120 regnety_160
= 224 0.95 h
ra4_e3600_r224_in1k: resnet50d
= 224 0.965
tv2_in1k: regnetx_004_tv regnetx_008 regnetx_016 regnetx_032 regnetx_080 regnetx_160 regnetx_320 regnety_004 regnety_008_tv regnety_016 regnety_032 regnety_080_tv regnety_160 regnety_320
swag_lc_in1k: regnety_160 regnety_320 regnety_1280
= 224 0.965 0
seer: regnety_320 regnety_640 regnety_1280
= 256 0.875
ra2_in1k: ecaresnet26t ecaresnet50t
= 256 0.875 l
in1k: resnest101e
= 256 0.94
ra2_in1k: resnet26t
= 256 0.95
ra2_in1k: resnet101d resnet152d resnet200d seresnet152d
= 256 1.0
tf_in1k: resnetrs152 resnetrs200 resnetrs270
ra3_in1k: regnetz_040 regnetz_040_h
= 288 0.95
sw_in12k_ft_in1k_288: seresnextaa101d_32x8d
= 288 1.0
tf_in1k: resnetrs350
= 320 0.909
in1k: resnest200e
= 320 0.95
ra2_in1k: ecaresnet269d
= 320 0.95 11821
sw_in12k: seresnextaa201d_32x8d
= 320 1.0
tf_in1k: resnetrs420
= 384 1.0
sw_in12k_ft_in1k_384: seresnextaa201d_32x8d
swag_ft_in1k: regnety_160 regnety_320 regnety_1280
seer_ft_in1k: regnety_320 regnety_640 regnety_1280 regnety_2560
= 416 0.928
in1k: resnest269e
`;

export interface TimmTag extends TimmRecipe {
  classes: number;
}

/** Undefined for an unknown tag. Without one, the architecture's first. */
export function timmTag(base: string, tag?: string): TimmTag | undefined {
  let settings: string[] = [];
  for (const line of table.trim().split('\n')) {
    if (line.startsWith('=')) {
      settings = line.split(' ').slice(1);
      continue;
    }
    const [name, ...bases] = line.split(/:? /);
    if ((tag !== undefined && name !== tag) || !bases.includes(base)) continue;
    const [size, cropPct, ...flags] = settings;
    const half = flags.includes('h') ? [0.5, 0.5, 0.5] : undefined;
    return {
      size: Number(size),
      cropPct: Number(cropPct),
      interpolation: flags.includes('l') ? 'bilinear' : 'bicubic',
      mean: half,
      std: half,
      classes: Number(flags.find((flag) => /\d/.test(flag)) ?? 1000),
    };
  }
  return undefined;
}

/** Every `architecture.tag`. */
export function timmTags(): string[] {
  const lines = table
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('='));
  return lines.flatMap((line) => {
    const [tag, ...bases] = line.split(/:? /);
    return bases.map((base) => `${base}.${tag}`);
  });
}
