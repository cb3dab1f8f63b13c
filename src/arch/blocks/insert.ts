import type { Net } from '../layers.ts';
import type { Place } from '../place.ts';

/** A module between a block's own layers: attention, anti-aliasing, a plugin. */
export type Insert = (net: Net, x: string, at: Place) => string;
