/** The parts of `resnet-webgpu/node` that are only loaded when needed. Opening a device needs none of them. */

/** PNG and JPEG files. */
export const decoding = () => import('../cli/decode.ts');
