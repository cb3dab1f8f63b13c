/** A WebGPU device in Node: Dawn (npm `webgpu`) over a software Vulkan driver, or over a GPU where there is one. */
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

/** Opens a device, or says why there is none. */
export async function openNodeDevice(driver: SoftwareDriver = 'swiftshader', descriptor: GPUDeviceDescriptor = {}): Promise<GPUDevice> {
  const icd = driver === 'swiftshader' ? SWIFTSHADER.find(existsSync) : lavapipe();
  if (!process.env.VK_ICD_FILENAMES) {
    if (!icd) throw new Error(`no ${driver}: install Debian's ${driver === 'swiftshader' ? 'chromium' : 'mesa-vulkan-drivers'} package`);
    process.env.VK_ICD_FILENAMES = icd;
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Dawn's JavaScript objects die with their GPU object.
  (globalThis as { gpuOfTests?: GPU }).gpuOfTests = gpu;
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error(`no adapter behind ${process.env.VK_ICD_FILENAMES}`);
  return adapter.requestDevice(descriptor);
}
