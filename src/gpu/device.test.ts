import { expect, test } from 'vitest';
import { requestDevice } from './device.ts';

test('without an adapter, Node is told of drivers that Dawn accepts, and of one for machines without a GPU', async () => {
  const none = { requestAdapter: async () => null } as unknown as GPU;
  const error = await requestDevice(undefined, async () => none).catch((refused) => refused);
  expect(error).toMatchObject({ code: 'adapter-missing', hint: expect.stringContaining('VK_DRIVER_FILES') });
  // It may already be installed.
  expect(error.message).not.toContain('mesa');
});

test('where there is no adapter for core WebGPU, one in compatibility mode is taken, with what it grants', async () => {
  const device = {} as GPUDevice;
  const granted = { maxComputeInvocationsPerWorkgroup: 128, maxBufferSize: 2 ** 28 };
  const asked: unknown[] = [];
  const adapter = {
    features: new Set(['timestamp-query']),
    limits: granted,
    requestDevice: async (descriptor: GPUDeviceDescriptor) => {
      asked.push(descriptor);
      return device;
    },
  };
  const low = {
    requestAdapter: async (options: GPURequestAdapterOptions) => {
      asked.push(options);
      return options.featureLevel === 'compatibility' ? adapter : null;
    },
  } as unknown as GPU;
  expect(await requestDevice('low-power', async () => low)).toBe(device);
  expect(asked).toEqual([
    { powerPreference: 'low-power' },
    { powerPreference: 'low-power', featureLevel: 'compatibility' },
    expect.objectContaining({ requiredFeatures: ['timestamp-query'], requiredLimits: expect.objectContaining(granted) }),
  ]);
});
