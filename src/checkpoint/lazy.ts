/** What telling a checkpoint's tensors apart fetches in turn. */
import { fetchPart } from '../util/fetch-part.ts';

/** Guessing: without `arch`, and for names of no library. */
export const rereading = () => fetchPart(import('./reread.ts'));
/** What a file says of classes and images. */
export const alongWeights = () => fetchPart(import('./along.ts'));
/** `{ random: seed }` in the place of weights. */
export const randomWeights = () => fetchPart(import('./random.ts'));
/** How a checkpoint does not fit. */
export const mismatches = () => fetchPart(import('./mismatch.ts'));
