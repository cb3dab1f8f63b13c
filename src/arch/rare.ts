/** What few networks have: fetched for them by `resolveArch`, and brought along by whoever imports `buildGraph`. */
export { attentionModule } from './blocks/attention-modules.ts';
export { selectiveBlock } from './blocks/selective-kernel.ts';
export { parseConv } from './convs/parse.ts';
export { detectors } from './families/detectors.ts';
export { generalResnet } from './families/general.ts';
export { regnet } from './families/regnet.ts';
export { res2net } from './families/res2net.ts';
export { resnest } from './families/resnest.ts';
export { trident } from './families/trident.ts';
export { bit } from './libraries/bit.ts';
export { rareEntrypoint } from './libraries/rare-entrypoints.ts';
export { resnetV2 } from './libraries/resnetv2.ts';
export { timmNetwork } from './libraries/timm.ts';
export { timmEntrypoint } from './libraries/timm-entrypoints.ts';
export { transformersNetwork } from './libraries/transformers.ts';
export { parsePlugins } from './plugins/parse.ts';
export { parsePooling, parseSequential } from './sequential-head.ts';
