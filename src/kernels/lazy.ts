/**
 * What kernels fetch only when a network needs it. A table of their own, since src/lazy.ts reaches everything, and kernels know
 * neither plans nor the GPU.
 */
import { fetchPart } from '../util/fetch-part.ts';

/** Positions that a non-local block adds to its keys. */
export const positionTables = () => fetchPart(import('./lib/position-table.ts'));
/** Convolutions that standardise their weights. */
export const standardizing = () => fetchPart(import('./lib/standardize.ts'));
