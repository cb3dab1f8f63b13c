/** Images as a network takes them. */
export { ImagePipeline, type LoadedImage } from './pipeline.ts';
export { checkChannels } from './recipe.ts';
export { imageToTensor } from './to-tensor.ts';
