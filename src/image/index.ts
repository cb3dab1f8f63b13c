/** Images as a network takes them. */
export { ImageInput } from './input.ts';
export { ImagePipeline } from './pipeline.ts';
export type { Pixels } from './pixels.ts';
export type { ImagePlan } from './plan.ts';
export { checkChannels } from './recipe.ts';
export { type OpenOptions, openPixels } from './sources.ts';
export { imageToTensor } from './to-tensor.ts';
