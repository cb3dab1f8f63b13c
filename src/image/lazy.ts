/** What reading images fetches in turn. */
import { fetchPart } from '../util/fetch-part.ts';

/** Images where no browser decodes them. */
export const imagesOutside = () => fetchPart(import('./outside.ts'));
/** Images that do not open, and those that a lost GPU process took along. */
export const imageTrouble = () => fetchPart(import('./source-trouble.ts'));
