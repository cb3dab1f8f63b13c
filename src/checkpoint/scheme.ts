import type { NamingScheme } from './types.ts';

/**
 * Marks of each scheme, the most certain first. A ResNet's plain names (`conv1`, `layer1.0.bn2`, `fc`) are common to torchvision, timm
 * and OpenMMLab and count as torchvision's.
 */
const MARKS: readonly (readonly [NamingScheme, RegExp])[] = [
  ['transformers', /^((resnet|regnet|bit)\.)?(embedder\.(embedder|convolution)|encoder\.stages)\./],
  ['torchvision', /^trunk_output\./],
  // Detection and segmentation heads; plugins, deformable and switchable convolutions; the Sequential of a deep stem.
  ['mmdet', /^(neck|bbox_head|rpn_head|roi_head|mask_head|decode_head|auxiliary_head)\./],
  [
    'mmdet',
    /^layer\d\.\d+\.(\w*(context_block|attention_block|nonlocal_block|conv_block)\b|conv2_offset\.|conv2\.conv_offset\.|conv\d\.(weight_(gamma|beta|diff)|switch\.|pre_context\.))/,
  ],
  ['mmpretrain', /^stem\.\d\.(conv|bn)\.|\.se_layer\.|^head\.layers\./],
  // timm: blocks of RegNet, deep stem, attention; and its legacy SENets.
  ['timm', /^s\d\.b\d+\.|^stages\.\d\.blocks\.\d+\.norm\d|^conv1\.0\.|^layer\d\.\d+\.se\.|^layer0\.|\.se_module\.|^last_linear\./],
  ['mmpretrain', /^head\.fc\./],
  ['mmdet', /^stem\.[034]\./],
];

/**
 * The library that these names are from, with or without wrappers, `module.` and `backbone.`.
 * The table was made from the libraries' state dicts. naming.ts translates the names.
 */
export function detectScheme(keys: Iterable<string>): NamingScheme {
  const all = [...keys];
  const names = all.map((key) => key.replace(/^(module\.){0,8}(backbone\.)?/, ''));
  for (const [scheme, mark] of MARKS) if (names.some((name) => mark.test(name))) return scheme;
  const has = (mark: RegExp) => names.some((name) => mark.test(name));
  if (!has(/^conv1\.weight$/) || !has(/^layer1\.0\.conv/)) return 'unknown';
  if (has(/^linear\.weight$/)) return 'akamaster';
  if (all.some((key) => key.startsWith('backbone.'))) return 'mmpretrain';
  return 'torchvision';
}
