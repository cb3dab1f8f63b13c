/** `resnet-webgpu/node`: a device and images for programs that run in Node. */

import type { RawImage } from '../api/types.ts';
import { requestDevice } from '../gpu/device.ts';
import { dawnOrThrow } from './dawn.ts';
import * as lazy from './lazy.ts';

/** What `openDevice` takes. */
export interface OpenDeviceOptions {
  /** As in `requestAdapter`. Default `high-performance`. */
  powerPreference?: GPUPowerPreference;
  /** Dawn's flags, such as `backend=vulkan` or `adapter=llvmpipe`. Default: none. */
  flags?: readonly string[];
}

/**
 * Opens a device of the package `webgpu`, with everything that the kernels can use. What it came from is kept, since Dawn ends the
 * process with a segmentation fault when that is collected while the device is in use. The caller destroys the device.
 *
 * @throws {ResnetError} `webgpu-missing` where the package is not installed, `adapter-missing` where there is no driver
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
 * Decodes a PNG or JPEG file to pixels that `classify` takes, upright. `classify` does this by itself with a Blob in Node, Deno and Bun.
 * Levels of JPEG files may differ by one or two from a browser's.
 *
 * @throws {ResnetError} `image` for other formats, and for files that do not decode
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
