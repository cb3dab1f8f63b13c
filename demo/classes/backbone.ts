/** The built-in network: fetched when the tab is opened, then kept by the browser. */
import { load, type Model, type Progress } from '../library.ts';

const ADDRESS = './models/imagenet-resnet18/manifest.json';

export function loadOnBoard(onProgress: (progress: Progress) => void): Promise<Model> {
  return load(new URL(ADDRESS, document.baseURI), { cache: true, powerPreference: 'high-performance', onProgress });
}
