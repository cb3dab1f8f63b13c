/** The parts of reading images that are fetched when needed. */
import { fetchPart } from '../util/fetch-part.ts';

/** Images where no browser decodes them. */
export const imagesOutside = () => fetchPart(import('./outside.ts'));
/** Images that cannot be opened, and those that were lost with a GPU process. */
export const imageTrouble = () => fetchPart(import('./source-trouble.ts'));
