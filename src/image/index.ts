/** Images as a network takes them. */
export { ImageInput } from './image-input.ts';
export type { ImagePlan } from './image-plan.ts';
export { ImagePipeline } from './pipeline.ts';
export type { Pixels } from './pixels.ts';
export { checkChannels } from './recipe.ts';
export { type OpenOptions, openPixels } from './sources.ts';
export { imageToTensor } from './to-tensor.ts';
