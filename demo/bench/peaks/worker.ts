import { type AdapterDescription, describeAdapter } from '../../../src/gpu/device-profile.ts';
import { serve } from '../rpc.ts';
import { measurePeaks, type Peaks } from './peaks.ts';

export interface Adapter extends AdapterDescription {
  features: string[];
  limits: Record<string, number>;
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const;

async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('This browser offers no WebGPU adapter.');
  return adapter;
}

const handlers = {
  async adapter(_: undefined): Promise<Adapter> {
    const adapter = await requestAdapter();
    const features = [...adapter.features].sort();
    const limits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
    return { ...describeAdapter(adapter.info), features, limits };
  },

  async measure(_: undefined): Promise<Peaks> {
    const device = await (await requestAdapter()).requestDevice();
    try {
      return await measurePeaks(device);
    } finally {
      device.destroy();
    }
  },
};

export type PeakHandlers = typeof handlers;

serve(self as unknown as Parameters<typeof serve>[0], handlers);
