/** timm's classes and model functions. Fetched when a network of timm is named (needed.ts). */
export { timmNetwork } from './timm.ts';
export { timmEntrypoint } from './timm-entrypoints.ts';
