/** Images as a network takes them. */
export { DecodedImages } from './decoded-images.ts';
export { ImageInput } from './image-input.ts';
export { ImagePipelines } from './image-pipelines.ts';
export { ImagePipeline } from './pipeline.ts';
export { imagesToTensor } from './to-tensor.ts';
