/**
 * timm's published checkpoints of this family: parameters, and top-1 accuracy on ImageNet's validation set as timm publishes it
 * (results/results-imagenet.csv of https://github.com/huggingface/pytorch-image-models, Apache-2.0). Written by
 * test/libraries/published.py. Loaded on demand.
 */

export interface PublishedCheckpoint {
  /** Name without tag. */
  base: string;
  tag: string;
  /** Of the architecture, with 1000 classes. */
  parameters: number;
  /** In percent, at timm's input size and at the size that its authors test with. */
  top1?: number;
  testTop1?: number;
}

// `architecture parameters: tag top-1 [top-1 at the test size], …`
const table = `
ecaresnet101d 44568563: miil_in1k 82.18 83.01
ecaresnet101d_pruned 24876040: miil_in1k 80.81 82.02
ecaresnet269d 102093077: ra2_in1k 84.72 84.97
ecaresnet26t 16011916: ra2_in1k 78.89 79.90
ecaresnet50d 25576350: miil_in1k 80.63 81.65
ecaresnet50d_pruned 19939713: miil_in1k 79.71 80.81
ecaresnet50t 25573814: a1_in1k 81.28 82.11, a2_in1k 80.88 81.68, a3_in1k 77.79 79.55, ra2_in1k 81.45 82.37
ecaresnetlight 30162046: miil_in1k 80.45 81.43
legacy_senet154 115088984: in1k 81.32
legacy_seresnet101 49326872: in1k 78.37
legacy_seresnet152 66821848: in1k 78.66
legacy_seresnet18 11778592: in1k 71.74
legacy_seresnet34 21958868: in1k 74.79
legacy_seresnet50 28088024: in1k 77.65
legacy_seresnext101_32x4d 48955416: in1k 80.27
legacy_seresnext26_32x4d 16790280: in1k 77.10
legacy_seresnext50_32x4d 27559896: in1k 79.08
regnetv_040 20640640: ra3_in1k 82.44 83.20
regnetv_064 30576052: ra3_in1k 83.12 83.75
regnetx_002 2684792: pycls_in1k 68.76
regnetx_004 5157512: pycls_in1k 72.48
regnetx_004_tv 5495976: tv2_in1k 74.60
regnetx_006 6196040: pycls_in1k 73.90
regnetx_008 7259656: pycls_in1k 75.05, tv2_in1k 77.29
regnetx_016 9190136: pycls_in1k 76.94, tv2_in1k 79.44
regnetx_032 15296552: pycls_in1k 78.16, tv2_in1k 80.92
regnetx_040 22118248: pycls_in1k 78.49
regnetx_064 26209256: pycls_in1k 79.06
regnetx_080 39572648: pycls_in1k 79.21, tv2_in1k 81.55
regnetx_120 46106056: pycls_in1k 79.61
regnetx_160 54278536: pycls_in1k 79.84, tv2_in1k 82.57
regnetx_320 107811560: pycls_in1k 80.26, tv2_in1k 82.82
regnety_002 3162996: pycls_in1k 70.29
regnety_004 4344144: pycls_in1k 74.00, tv2_in1k 75.59
regnety_006 6055160: pycls_in1k 75.27
regnety_008 6263168: pycls_in1k 76.33
regnety_008_tv 6432512: tv2_in1k 78.67
regnety_016 11202430: pycls_in1k 77.88, tv2_in1k 80.67
regnety_032 19436338: pycls_in1k 78.90, ra_in1k 81.95 82.72, tv2_in1k 81.79
regnety_040 20646656: pycls_in1k 79.25, ra3_in1k 82.31 83.05
regnety_064 30583252: pycls_in1k 79.73, ra3_in1k 83.01 83.72
regnety_080 39180068: pycls_in1k 79.87, ra3_in1k 83.17 83.94
regnety_080_tv 39381472: tv2_in1k 82.58
regnety_120 51822544: pycls_in1k 80.38, sw_in12k -, sw_in12k_ft_in1k 84.99 85.43
regnety_1280 644812894: seer, seer_ft_in1k 84.43, swag_ft_in1k 88.23, swag_lc_in1k 85.96
regnety_160 83590140: deit_in1k 83.00 83.70, lion_in12k_ft_in1k 85.60 86.00, pycls_in1k 80.28, sw_in12k -, sw_in12k_ft_in1k 85.60 86.03, swag_ft_in1k 86.02, swag_lc_in1k 83.81, tv2_in1k 82.65
regnety_2560 1282601138: seer_ft_in1k 85.14
regnety_320 145046770: pycls_in1k 80.80, seer, seer_ft_in1k 83.32, swag_ft_in1k 86.83, swag_lc_in1k 84.65, tv2_in1k 83.17
regnety_640 281378786: seer, seer_ft_in1k 83.92
regnetz_040 27116800: ra3_in1k 83.64 84.24
regnetz_040_h 28938880: ra3_in1k 83.76 84.50
res2net101_26w_4s 45206688: in1k 79.19
res2net101d 45225920: in1k 81.24
res2net50_14w_8s 25059816: in1k 78.14
res2net50_26w_4s 25699120: in1k 77.99
res2net50_26w_6s 37051448: in1k 78.59
res2net50_26w_8s 48403776: in1k 78.95
res2net50_48w_2s 25287304: in1k 77.53
res2net50d 25718352: in1k 80.28
res2next50 24671464: in1k 78.24
resnest101e 48275016: in1k 82.92
resnest14d 10611688: gluon_in1k 75.52
resnest200e 70201544: in1k 83.88
resnest269e 110929480: in1k 84.54
resnest26d 17069448: gluon_in1k 78.48
resnest50d 27483240: in1k 80.96
resnest50d_1s4x24d 25677000: in1k 81.02
resnest50d_4s2x40d 30417592: in1k 81.15
resnet101 44549160: a1_in1k 81.49 82.33, a1h_in1k 81.95 82.80, a2_in1k 81.34 82.22, a3_in1k 77.93 79.84, gluon_in1k 79.31, tv2_in1k 79.91 81.91, tv_in1k 77.40
resnet101c 44568392: gluon_in1k 79.54
resnet101d 44568392: gluon_in1k 80.47, ra2_in1k 82.25 83.02
resnet101s 44672936: gluon_in1k 80.28
resnet10t 5435488: c3_in1k 66.72 68.35
resnet14t 10081632: c3_in1k 71.32 72.24
resnet152 60192808: a1_in1k 82.00 82.74, a1h_in1k 82.82 83.49, a2_in1k 81.76 82.61, a3_in1k 78.90 80.55, gluon_in1k 79.71, tv2_in1k 80.22 82.29, tv_in1k 78.33
resnet152c 60212040: gluon_in1k 79.90
resnet152d 60212040: gluon_in1k 80.48, ra2_in1k 83.16 83.68
resnet152s 60316584: gluon_in1k 81.05
resnet18 11689512: a1_in1k 71.50 73.16, a2_in1k 70.63 72.36, a3_in1k 65.67 68.25, fb_ssl_yfcc100m_ft_in1k 72.64, fb_swsl_ig1b_ft_in1k 73.29, gluon_in1k 70.84, tv_in1k 69.75
resnet18d 11708744: ra2_in1k 72.30 73.79, ra4_e3600_r224_in1k 74.36 76.01
resnet200d 64693064: ra2_in1k 83.25 83.98
resnet26 15995176: bt_in1k 75.30 76.38
resnet26d 16014408: bt_in1k 76.70 77.42
resnet26t 16011872: ra2_in1k 77.88 78.33
resnet34 21797672: a1_in1k 76.42 77.93, a2_in1k 75.52 77.15, a3_in1k 70.58 73.00, bt_in1k 75.18 76.51, gluon_in1k 74.57, ra4_e3600_r224_in1k 77.49 78.97, tv_in1k 73.30
resnet34d 21816904: ra2_in1k 77.11 78.44
resnet50 25557032: a1_in1k 80.38 81.24, a1h_in1k 79.26 80.65, a2_in1k 79.83 80.77, a3_in1k 75.99 78.05, am_in1k 79.00, b1k_in1k 79.56 80.71, b2k_in1k 79.39 80.47, bamboo, bt_in1k 78.44 79.65, c1_in1k 79.77 80.93, c2_in1k 79.87 80.86, d_in1k 79.90 81.01, fb_ssl_yfcc100m_ft_in1k 79.25, fb_swsl_ig1b_ft_in1k 81.15, gluon_in1k 77.58, ra_in1k 78.82 79.86, ram_in1k 79.03 79.98, tv2_in1k 79.43 80.85, tv_in1k 76.16
resnet50_gn 25557032: a1h_in1k 80.07 81.22
resnet50c 25576264: gluon_in1k 78.02
resnet50d 25576264: a1_in1k 80.73 81.47, a2_in1k 80.27 81.16, a3_in1k 77.22 78.74, gluon_in1k 79.08, ra2_in1k 80.55 81.35, ra4_e3600_r224_in1k 80.96 81.84
resnet50s 25680808: gluon_in1k 78.71
resnetaa101d 44568392: sw_in12k -, sw_in12k_ft_in1k 83.54 84.11
resnetaa50 25557032: a1h_in1k 80.61 81.62
resnetaa50d 25576264: d_in12k -, sw_in12k -, sw_in12k_ft_in1k 81.78 82.66
resnetblur50 25557032: bt_in1k 79.31 80.25
resnetrs101 63618696: tf_in1k 80.71 82.29
resnetrs152 86621576: tf_in1k 82.90 83.71
resnetrs200 93209992: tf_in1k 83.88 84.45
resnetrs270 129861448: tf_in1k 83.60 84.44
resnetrs350 163956168: tf_in1k 84.30 84.71
resnetrs420 191891656: tf_in1k 84.24 85.01
resnetrs50 35691912: tf_in1k 77.86 79.93
resnetv2_101 44541480: a1h_in1k 82.04 83.00
resnetv2_101x1_bit 44541480: goog_in21k, goog_in21k_ft_in1k 82.33
resnetv2_101x3_bit 387934888: goog_in21k, goog_in21k_ft_in1k 84.43
resnetv2_152x2_bit 236335208: goog_in21k, goog_in21k_ft_in1k 84.47, goog_teacher_in21k_ft_in1k 82.92, goog_teacher_in21k_ft_in1k_384 83.86
resnetv2_152x4_bit 936533224: goog_in21k, goog_in21k_ft_in1k 84.94
resnetv2_18 11687720: ra4_e3600_r224_in1k 73.57 75.36
resnetv2_18d 11706952: ra4_e3600_r224_in1k 74.42 76.06
resnetv2_34 21795880: ra4_e3600_r224_in1k 77.63 79.07
resnetv2_34d 21815112: ra4_e3600_r224_in1k 78.27 79.61, ra4_e3600_r384_in1k 79.79 80.43
resnetv2_50 25549352: a1h_in1k 80.41 81.41
resnetv2_50d_evos 25591368: ah_in1k 80.83 82.02
resnetv2_50d_gn 25568584: ah_in1k 80.80 81.96
resnetv2_50x1_bit 25549352: goog_distilled_in1k 82.82, goog_in21k, goog_in21k_ft_in1k 80.39
resnetv2_50x3_bit 217319080: goog_in21k, goog_in21k_ft_in1k 83.98
resnext101_32x16d 194026792: fb_ssl_yfcc100m_ft_in1k 81.86, fb_swsl_ig1b_ft_in1k 83.34, fb_wsl_ig1b_ft_in1k 84.17
resnext101_32x32d 468530472: fb_wsl_ig1b_ft_in1k 85.09
resnext101_32x4d 44177704: fb_ssl_yfcc100m_ft_in1k 80.94, fb_swsl_ig1b_ft_in1k 83.27, gluon_in1k 80.34
resnext101_32x8d 88791336: fb_ssl_yfcc100m_ft_in1k 81.62, fb_swsl_ig1b_ft_in1k 84.28, fb_wsl_ig1b_ft_in1k 82.72, tv2_in1k 81.99 82.83, tv_in1k 79.31
resnext101_64x4d 83455272: c1_in1k 82.45 83.16, gluon_in1k 80.64, tv_in1k 82.98
resnext50_32x4d 25028904: a1_in1k 80.53 81.48, a1h_in1k 81.14 82.02, a2_in1k 80.44 81.30, a3_in1k 77.73 79.26, fb_ssl_yfcc100m_ft_in1k 80.32, fb_swsl_ig1b_ft_in1k 82.16, gluon_in1k 79.35, ra_in1k 79.80 80.72, tv2_in1k 79.38 81.19, tv_in1k 77.63
resnext50d_32x4d 25048136: bt_in1k 79.67 80.68
senet154 115088984: gluon_in1k 81.26
seresnet152d 66841080: ra2_in1k 83.70 84.34
seresnet50 28088024: a1_in1k 80.01 81.11, a2_in1k 80.10 81.09, a3_in1k 75.10 77.04, ra2_in1k 80.26 81.29
seresnext101_32x4d 48955416: gluon_in1k 80.89
seresnext101_32x8d 93569048: ah_in1k 83.62 84.19
seresnext101_64x4d 88232984: gluon_in1k 80.88
seresnext101d_32x8d 93588280: ah_in1k 83.70 84.38
seresnext26d_32x4d 16809512: bt_in1k 77.59 78.82
seresnext26t_32x4d 16806976: bt_in1k 77.98 78.74
seresnext50_32x4d 27559896: gluon_in1k 79.92, racm_in1k 81.27 82.19
seresnextaa101d_32x8d 93588280: ah_in1k 83.90 84.58, sw_in12k -, sw_in12k_ft_in1k 85.96 86.52, sw_in12k_ft_in1k_288 86.53 86.72
seresnextaa201d_32x8d 149394904: sw_in12k -, sw_in12k_ft_in1k_384 87.30
skresnet18 11958056: ra_in1k 73.02
skresnet34 22282376: ra_in1k 76.96
skresnext50_32x4d 27479784: ra_in1k 80.17
test_resnet 469688: r160_in1k 41.60
wide_resnet101_2 126886696: tv2_in1k 80.49 82.51, tv_in1k 78.86
wide_resnet50_2 68883240: racm_in1k 81.47 82.26, tv2_in1k 80.44 81.61, tv_in1k 78.49
`;

export function* publishedCheckpoints(): Generator<PublishedCheckpoint> {
  for (const line of table.trim().split('\n')) {
    const [, base = '', parameters, tags = ''] = /^(\w+) (\d+): (.*)$/.exec(line) ?? [];
    for (const entry of tags.split(', ')) {
      const [tag = '', ...scores] = entry.split(' ');
      const [top1, testTop1] = scores.map((score) => (score === '-' ? undefined : Number(score)));
      yield { base, tag, parameters: Number(parameters), ...(top1 && { top1 }), ...(testTop1 && { testTop1 }) };
    }
  }
}
