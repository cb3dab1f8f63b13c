/** A WebGPU device in Node, by Dawn over a software Vulkan driver, so that its arithmetic is the same on every machine. */
import { existsSync } from 'node:fs';
import { create, globals } from 'webgpu';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Dawn crashes when this is collected while a device of its lives. */
let gpu: GPU | undefined;

/** Throws where no driver is found. Destroy the device at the end, or the process lingers. */
export async function openDawn(descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> {
  if (existsSync(DRIVER)) process.env.VK_ICD_FILENAMES ??= DRIVER;
  Object.assign(globalThis, globals);
  gpu ??= create([]);
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('No WebGPU adapter: install Chromium for its SwiftShader, or a Vulkan driver.');
  return adapter.requestDevice(descriptor);
}

/** Runs `work` and throws what validation finds. */
export async function validated<T>(device: GPUDevice, work: () => T | Promise<T>): Promise<T> {
  device.pushErrorScope('validation');
  const result = await work();
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  return result;
}

/** The floats of a buffer, which has COPY_SRC. */
export async function readFloats(device: GPUDevice, buffer: GPUBuffer): Promise<Float32Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: 1 | 8 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const floats = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return floats;
}
