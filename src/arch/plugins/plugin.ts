import type { Net } from '../layers.ts';

/** Adds the plugin's nodes under `path` and returns the last one. It has the shape of `x`. */
export type Plugin = (net: Net, x: string, path: string) => string;
