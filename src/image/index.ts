/** Images as a network takes them. */
export { checkChannels } from './channels.ts';
export { ImageInput } from './image-input.ts';
export type { ImagePlan } from './image-plan.ts';
export { ImagePipeline } from './pipeline.ts';
export type { Pixels } from './pixels.ts';
export { type OpenOptions, openPixels } from './sources.ts';
export { imageToTensor } from './to-tensor.ts';
