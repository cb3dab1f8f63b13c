import type { Net } from '../layers.ts';
import type { Place } from '../place.ts';

/** Something that a block may hold between its own layers: attention, anti-aliasing, a plugin. */
export type Insert = (net: Net, x: string, at: Place) => string;
