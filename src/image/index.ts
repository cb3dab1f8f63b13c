/** What the model needs of images, loaded when the first image comes: a network that is fed tensors needs none of it. */
export { ImagePipeline } from './pipeline.ts';
export { checkChannels } from './recipe.ts';
export { imageToTensor } from './to-tensor.ts';
