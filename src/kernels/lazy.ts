/**
 * The kernels that are only fetched when a network needs them. This table is separate because src/lazy.ts imports everything, and
 * kernels must not depend on plans or the GPU.
 */
import { fetchPart } from '../util/fetch-part.ts';

/** Positions that a non-local block adds to its keys. */
export const positionTables = () => fetchPart(import('./lib/position-table.ts'));
/** Convolutions that standardise their weights. */
export const standardizing = () => fetchPart(import('./lib/standardize.ts'));
