/** A WebGPU device in Node: Dawn (npm `webgpu`) with a software Vulkan driver, or with a GPU if there is one. */
import { existsSync, readdirSync } from 'node:fs';

const SWIFTSHADER = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

function lavapipe(): string | undefined {
  const folder = '/usr/share/vulkan/icd.d';
  if (!existsSync(folder)) return undefined;
  const file = readdirSync(folder).find((name) => name.startsWith('lvp_icd'));
  return file && `${folder}/${file}`;
}

export type SoftwareDriver = 'swiftshader' | 'lavapipe';

/** Kept, because Dawn crashes if it is collected while one of its devices is alive. */
let opened: Promise<GPU> | undefined;

/** WebGPU's entry point in Node, or an error that says what is missing. */
export function nodeGpu(driver: SoftwareDriver = 'swiftshader'): Promise<GPU> {
  opened ??= open(driver);
  return opened;
}

async function open(driver: SoftwareDriver): Promise<GPU> {
  const icd = driver === 'swiftshader' ? SWIFTSHADER.find(existsSync) : lavapipe();
  if (!process.env.VK_ICD_FILENAMES) {
    if (!icd) throw new Error(`no ${driver}: install Debian's ${driver === 'swiftshader' ? 'chromium' : 'mesa-vulkan-drivers'} package`);
    process.env.VK_ICD_FILENAMES = icd;
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  return create([]);
}

/** Opens a separate device. */
export async function openNodeDevice(driver: SoftwareDriver = 'swiftshader', descriptor: GPUDeviceDescriptor = {}): Promise<GPUDevice> {
  const adapter = await (await nodeGpu(driver)).requestAdapter();
  if (!adapter) throw new Error(`no adapter behind ${process.env.VK_ICD_FILENAMES}`);
  return adapter.requestDevice(descriptor);
}

/** Kept for the same reason. */
let nullGpu: Promise<GPU> | undefined;

/**
 * Opens a device that compiles shaders and checks every call, but runs nothing: Dawn's own for tests. Whatever is read back is zero.
 * It has all features, and makes a pipeline once for each text.
 */
export async function openNullDevice(requiredFeatures: readonly GPUFeatureName[] = ['subgroups', 'shader-f16']): Promise<GPUDevice> {
  nullGpu ??= import('webgpu').then(({ create, globals }) => {
    Object.assign(globalThis, globals);
    return create(['backend=null']);
  });
  const adapter = await (await nullGpu).requestAdapter();
  if (!adapter) throw new Error('Dawn has no null backend');
  const device = await adapter.requestDevice({ requiredFeatures: [...requiredFeatures] });
  const { createBuffer, createShaderModule, createComputePipelineAsync } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { getMappedRange } = buffer;
    // Without a run there is whatever lay in memory.
    if ((descriptor.usage & 1) !== 0) {
      buffer.getMappedRange = (...range) => {
        const bytes = getMappedRange.apply(buffer, range);
        new Uint8Array(bytes).fill(0);
        return bytes;
      };
    }
    return buffer;
  };
  const texts = new WeakMap<GPUShaderModule, string>();
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  device.createShaderModule = (descriptor) => {
    const shader = createShaderModule.call(device, descriptor);
    texts.set(shader, descriptor.code);
    return shader;
  };
  device.createComputePipelineAsync = (descriptor) => {
    const text = texts.get(descriptor.compute.module) ?? '';
    const made = pipelines.get(text) ?? createComputePipelineAsync.call(device, descriptor);
    pipelines.set(text, made);
    return made;
  };
  return device;
}

/** Runs `work` and throws what validation finds. */
export async function validated<T>(device: GPUDevice, work: () => T | Promise<T>): Promise<T> {
  device.pushErrorScope('validation');
  const result = await work();
  const error = await device.popErrorScope();
  if (error) throw new Error(error.message);
  return result;
}

/** The floats of a buffer. The buffer needs COPY_SRC. */
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
