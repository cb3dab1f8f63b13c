/** What `resnet-webgpu/node` reads only when it is needed: a device takes none of it. */

/** PNG and JPEG files. */
export const decoding = () => import('../cli/decode.ts');
