/** `resnet-webgpu/node`: a device and images for programs that run in Node. */

import type { RawImage } from '../api/types.ts';
import { requestDevice } from '../gpu/device.ts';
import { dawnOrThrow } from './dawn.ts';
import * as lazy from './lazy.ts';

/** Options of `openDevice`. */
export interface OpenDeviceOptions {
  /** The same as in `requestAdapter`. Default `high-performance`. */
  powerPreference?: GPUPowerPreference;
  /** Dawn's flags, such as `backend=vulkan` or `adapter=llvmpipe`. Default: none. */
  flags?: readonly string[];
}

/**
 * Opens a device of the package `webgpu`, with every feature that the kernels can use. Its GPU object is kept, because Dawn crashes
 * (segmentation fault) if that is collected while the device is in use. The caller destroys the device.
 *
 * @throws {ResnetError} `webgpu-missing` if the package is not installed, `adapter-missing` if there is no driver
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { loadModel } from 'resnet-webgpu';
 * import { openDevice } from 'resnet-webgpu/node';
 *
 * const device = await openDevice();
 * const model = await loadModel({ arch: 'resnet18', weights: await readFile('resnet18.pth') }, { device });
 * ```
 */
export function openDevice({ powerPreference, flags }: OpenDeviceOptions = {}): Promise<GPUDevice> {
  return requestDevice(powerPreference, async () => dawnOrThrow(flags));
}

/**
 * Decodes a PNG or JPEG file to upright pixels for `classify`. With a Blob, `classify` does this itself in Node, Deno and Bun.
 * Pixel values of JPEG files may differ from a browser's by one or two.
 *
 * @throws {ResnetError} `image` for other formats, and for files that cannot be decoded
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { decodeImage } from 'resnet-webgpu/node';
 *
 * const { data, width, height } = await decodeImage(await readFile('photo.jpg'));
 * ```
 */
export async function decodeImage(file: Blob | Uint8Array): Promise<RawImage> {
  const decode = await lazy.decoding();
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(await file.arrayBuffer());
  return decode.decodeImage('image', bytes);
}
