/** `resnet-webgpu/node`: a device for programs that run in Node. */
import { requestDevice } from '../gpu/device.ts';
import { dawnOrThrow } from './dawn.ts';

export interface OpenDeviceOptions {
  powerPreference?: GPUPowerPreference;
  /** Dawn's flags, such as `backend=vulkan` or `adapter=llvmpipe`. */
  flags?: readonly string[];
}

/**
 * Opens a device of the package `webgpu`, with everything that the kernels can use. What it came from is kept, since Dawn ends the
 * process with a segmentation fault when that is collected while the device is in use. The caller destroys the device.
 *
 * @throws ResnetError `webgpu-missing` where the package is not installed, `adapter-missing` where there is no driver
 * @example
 * const device = await openDevice();
 * const model = await loadModel({ arch: 'resnet18', weights: bytes }, { device });
 */
export function openDevice({ powerPreference, flags }: OpenDeviceOptions = {}): Promise<GPUDevice> {
  return requestDevice(powerPreference, async () => dawnOrThrow(flags));
}
