/** The network on board: fetched when the tab is opened, kept by the browser afterwards. */
import { load, type Model, type Progress } from '../library.ts';

const ADDRESS = './models/imagenet-resnet18/manifest.json';

export function loadOnBoard(onProgress: (progress: Progress) => void): Promise<Model> {
  return load(new URL(ADDRESS, document.baseURI), { cache: true, powerPreference: 'high-performance', onProgress });
}
