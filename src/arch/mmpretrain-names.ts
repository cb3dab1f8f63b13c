/** Configuration names of MMPretrain (`resnet50_8xb32_in1k`) and short names of its model hub (`resnet50_v1d`, `open-mmlab://…`). */
import type { BackboneConfig, ClassifierConfig } from './config.ts';

/** Short names. The full ones end in `_8xb32_in1k` or similar. */
export const mmpretrainNames =
  'resnet{18,34,50,101,152},resnetv1c{50,101,152},resnetv1d{50,101,152},resnet{50,101,152}_v1d,resnext{50,101,152}-32x4d,resnext101-32x8d,seresnet{50,101},wide-resnet{50,101},' +
  'resnest{50,101,200,269},res2net50-w14-s8,res2net50-w26-s8,res2net101-w26-s4,regnetx-{400mf,800mf,1.6gf,3.2gf,4.0gf,6.4gf,8.0gf,12gf}';

export interface MMPretrainName {
  config: ClassifierConfig | BackboneConfig;
  base: string;
  tag?: string;
  classes?: number;
}

/** Returns undefined for another kind of name. */
export function mmpretrainConfig(full: string): MMPretrainName | undefined {
  const hub = full.startsWith('open-mmlab://');
  const name = full.replace(/^(open-mmlab:\/\/|mmcls:\/\/)/, '');
  const [base = '', tag] = split(name);
  const found = regnet(base) ?? res2net(base) ?? plain(base);
  if (!found) return undefined;
  // The detection library's pretrained backbones have no head.
  const thirdParty = /^(detectron2?|jhu|contrib)\//.test(name);
  if (hub || thirdParty) return { config: { ...forDetection(found), ...dialect(name) }, base: name };
  const [, data] = /(cifar100|cifar10|cub)/.exec(tag ?? '') ?? [];
  const backbone = data?.startsWith('cifar') ? { ...found, type: 'ResNet_CIFAR' } : found;
  const config: ClassifierConfig = {
    type: 'ImageClassifier',
    backbone,
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead' },
  };
  return { config, base, tag, classes: data ? { cifar10: 10, cifar100: 100, cub: 200 }[data] : undefined };
}

/** Tags begin with the batch (`8xb32`) or the origin (`3rdparty`). */
function split(name: string): [string, string?] {
  const [, base, tag] = /^(.*?)_(\d+xb\d+.*|3rdparty.*)$/.exec(name) ?? [];
  return base ? [base, tag] : [name.replace(/^[a-z0-9]+\//, '').replace(/_(caffe|gn|gn_ws)$/, '')];
}

/** The backbone as MMDetection has it, since those checkpoints are made for it. */
function forDetection(backbone: BackboneConfig): BackboneConfig {
  const { type, width_per_group, ...rest } = backbone as Record<string, unknown>;
  if (type === 'ResNetV1c') return { type: 'mmdet.ResNet', ...rest, deep_stem: true };
  return { type: `mmdet.${String(type)}`, ...rest, ...(width_per_group !== undefined && { base_width: width_per_group }) };
}

/** Parts that the names of detection backbones add. */
function dialect(name: string): Record<string, unknown> {
  const norm = { type: 'GN', num_groups: 32 };
  if (/_gn_ws$/.test(name)) return { conv_cfg: { type: 'ConvWS' }, norm_cfg: norm };
  if (/_gn$/.test(name)) return { norm_cfg: norm };
  // Caffe2's networks: resnet*_caffe have their stride on the first convolution.
  return /_caffe$/.test(name) ? { style: 'caffe' } : {};
}

function regnet(base: string): BackboneConfig | undefined {
  const [, size] = /^regnetx[-_](400mf|800mf|1\.6gf|3\.2gf|4\.0gf|6\.4gf|8\.0gf|12gf)$/.exec(base) ?? [];
  return size === undefined ? undefined : { type: 'RegNet', arch: `regnetx_${size}` };
}

function res2net(base: string): BackboneConfig | undefined {
  const [, depth, v1d, w = '26', s] = /^res2net(50|101|152)(?:[-_](v1[bd]))?(?:[-_]w?(\d+)w?(?:[-_]s?(\d)s?)?)?$/.exec(base) ?? [];
  if (!depth) return undefined;
  const scales = Number(s ?? (depth === '50' ? 8 : 4));
  return {
    type: 'Res2Net',
    depth: Number(depth),
    scales,
    base_width: Number(w),
    deep_stem: v1d !== undefined,
    avg_down: v1d !== undefined,
  };
}

function plain(base: string): BackboneConfig | undefined {
  const form = /^(wide-|se-?)?(resnet|resnext|resnest)(v1[cd])?(\d+)(?:[-_](v1[cd]))?(?:[-_](\d+)x(\d+)d)?$/;
  const [, prefix = '', core, before, digits, after, groups, width] = form.exec(base) ?? [];
  const depth = Number(digits);
  const version = before ?? after;
  const small = depth === 18 || depth === 34;
  const known = small
    ? core === 'resnet' && !prefix
    : [50, 101, 152].includes(depth) || (core === 'resnest' && (depth === 200 || depth === 269));
  if (!known || (core !== 'resnet' && version) || (prefix === 'wide-' && core !== 'resnet')) return undefined;
  if (core === 'resnest') return prefix || groups ? undefined : { type: 'ResNeSt', depth, stem_channels: depth === 50 ? 64 : 128 };
  const se = prefix.startsWith('se') ? 'SE' : '';
  if (core === 'resnext')
    return groups ? { type: `${se}ResNeXt`, depth, groups: Number(groups), width_per_group: Number(width) } : undefined;
  if (groups) return undefined;
  if (prefix === 'wide-') return { type: 'ResNet', depth, stem_channels: 64, base_channels: 128, expansion: 2 };
  return { type: version ? `ResNetV1${version.slice(-1)}` : `${se}ResNet`, depth };
}
