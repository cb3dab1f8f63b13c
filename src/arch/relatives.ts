/**
 * Networks of timm that are named after ResNet or built like one, but do not belong to the family's classes. Loaded for an
 * error message. The patterns follow the names in timm 1.0.31.
 */

import { ResnetError } from '../util/errors.ts';

const FORMS: readonly (readonly [RegExp, string])[] = [
  [
    /^((gc|se|eca_|bat_)?res(net|next)\d+(x\d+)?(ts|q|_clip(_gap)?|_mlp)|(gcres|gernet|repvgg|mobileone|test_byobnet)\w*)$/,
    'a ByobNet, whose stem and blocks are others',
  ],
  [/^(lambda_resnet|(eca_)?bot(net|next)|(se|lam)?halo|eca_halonext)\w*$/, 'a ByoaNet, with self-attention in its blocks'],
  [/^(csp(res|dark)|(se)?dark|cs3|sedarknet|edgenet)\w*$/, 'a CspNet, whose stages are split in two'],
  [/^(nf_|(dm|eca)_nfnet|nfnet|test_nfnet)\w*$/, 'an NFNet, without norms'],
  [/^tresnet\w*$/, 'a TResNet, with activated batch norms and space-to-depth in its stem'],
  [/^(ens_adv_)?inception_resnet_v2$/, 'an Inception-ResNet'],
  [/^dla\w*$/, 'a DLA (deep layer aggregation)'],
  [/^vit_\w+resnet\w*$/, 'a vision transformer after a ResNetV2'],
  [/^resmlp\w*$/, 'a ResMLP, of matrices alone'],
  [/^(ese_)?vovnet\w*$/, 'a VoVNet'],
  [/^hrnet\w*$/, 'an HRNet'],
  [/^dpn\w*$/, 'a DPN (dual path network)'],
  [/^(rdnet|densenet)\w*$/, 'a DenseNet'],
];

/** Returns `a ByobNet, …` for `resnet51q` or `timm/resnet51q.ra2_in1k`. */
export function relativeOf(name: string): string | undefined {
  const [, base = ''] = /^(?:timm\/)?([a-z]\w*)(?:\.\w+)?$/.exec(name) ?? [];
  return FORMS.find(([form]) => form.test(base))?.[1];
}

/** If an unknown name belongs to a relative, replaces the error with one that says so. */
export function explained(error: unknown, arch: unknown): unknown {
  const { entrypoint: name = arch } = (typeof arch === 'object' && arch !== null ? arch : {}) as { entrypoint?: unknown };
  const what = typeof name === 'string' && error instanceof ResnetError && error.code === 'unknown-arch' && relativeOf(name);
  if (!what) return error;
  return new ResnetError('unsupported', `timm's ${name} is ${what}: a relative of ResNet that cannot run here.`, {
    layer: 'arch',
    hint: 'Choose a ResNet, ResNeXt, SE-ResNet, ECA-ResNet, ResNeSt, Res2Net, SKNet, ResNetV2 or RegNet.',
    cause: error,
  });
}
