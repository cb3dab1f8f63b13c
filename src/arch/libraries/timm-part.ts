/** timm's classes and model functions: fetched for who names one (needed.ts). */
export { timmNetwork } from './timm.ts';
export { timmEntrypoint } from './timm-entrypoints.ts';
