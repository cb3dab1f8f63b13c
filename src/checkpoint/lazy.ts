/** The parts of checkpoint reading that are fetched when needed. */
import { fetchPart } from '../util/fetch-part.ts';

/** Guessing: without `arch`, and for names of no known library. */
export const rereading = () => fetchPart(import('./reread.ts'));
/** What a file says about classes and images. */
export const alongWeights = () => fetchPart(import('./along.ts'));
/** `{ random: seed }` instead of weights. */
export const randomWeights = () => fetchPart(import('./random.ts'));
/** The error for a checkpoint that does not fit. */
export const mismatches = () => fetchPart(import('./mismatch.ts'));
