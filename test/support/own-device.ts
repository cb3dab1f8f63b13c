import { vi } from 'vitest';
import { nodeGpu } from './node-gpu.ts';

/** Lets the library create the device itself, and exposes it so that the test can destroy it. */
export async function withOwnDevice(use: (devices: GPUDevice[]) => Promise<void>): Promise<void> {
  const devices: GPUDevice[] = [];
  const gpu = await nodeGpu();
  const requestAdapter = async () => {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      devices.push(device);
      return device;
    };
    return adapter;
  };
  vi.stubGlobal('navigator', { gpu: { requestAdapter }, userAgent: 'test' });
  try {
    await use(devices);
  } finally {
    vi.unstubAllGlobals();
  }
}
