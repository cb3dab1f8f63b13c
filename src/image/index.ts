/** Images in the form in which a network needs them. */
export { DecodedImages } from './decoded-images.ts';
export { ImageInput } from './image-input.ts';
export { ImagePipelines } from './image-pipelines.ts';
export { ImagePipeline } from './pipeline.ts';
export { imagesToTensor } from './to-tensor.ts';
