/** The rare parts of architectures. `resolveArch` fetches them when needed. `buildGraph` includes them. */
export { attentionModule } from './blocks/attention-modules.ts';
export { selectiveBlock } from './blocks/selective-kernel.ts';
export { parseConv } from './convs/parse-conv.ts';
export { unknownClass, variantClasses } from './families/variant-classes.ts';
export { bit } from './libraries/bit.ts';
export { resnetV2 } from './libraries/resnetv2.ts';
export { v2OrSkEntrypoint } from './libraries/resnetv2-sknet-entrypoints.ts';
export { timmNetwork } from './libraries/timm.ts';
export { timmEntrypoint } from './libraries/timm-entrypoints.ts';
export { transformersNetwork } from './libraries/transformers.ts';
export { parsePlugins } from './plugins/parse-plugins.ts';
export { parsePooling, parseSequential } from './sequential-head.ts';
