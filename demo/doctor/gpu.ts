/** The adapter to check, or why there is none. */
import { platformName, platformOf, remediesForMissing } from '../logic/platform.ts';
import type { GpuFacts } from './report.ts';

export interface OpenGpu {
  device: GPUDevice;
  facts: GpuFacts;
}

/** Why nothing can be checked, and what to do. */
export class NoGpu extends Error {
  readonly why: string;
  readonly remedies: readonly string[];

  constructor(what: string, why: string, remedies: readonly string[]) {
    super(what);
    this.why = why;
    this.remedies = remedies;
  }
}

/** @throws NoGpu */
export async function openGpu(): Promise<OpenGpu> {
  const platform = platformOf(navigator.userAgent);
  const remedies = remediesForMissing(platform, isSecureContext);
  const { gpu } = navigator as { gpu?: GPU };
  if (!gpu) {
    throw new NoGpu(
      'This browser has no WebGPU here.',
      `${platformName(platform)} does not offer it to this page (navigator.gpu is undefined).`,
      remedies,
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) {
    throw new NoGpu(
      'WebGPU is there, but no graphics card.',
      `${platformName(platform)} knows WebGPU and gives this page no adapter for it: the driver is on its list of refused ones, or there is none.`,
      remedies,
    );
  }
  const { deviceDescriptor } = await import('../../src/index.ts');
  try {
    const device = await adapter.requestDevice(deviceDescriptor(adapter));
    return { device, facts: await factsOf(device, adapter) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new NoGpu('There is an adapter, but it gives no device.', `It said: ${said}`, [
      'Reload the page; if it stays, restart the browser.',
      ...remedies,
    ]);
  }
}

async function factsOf(device: GPUDevice, adapter: GPUAdapter): Promise<GpuFacts> {
  const { describeAdapter } = await import('../../src/gpu/device-profile.ts');
  // Chrome has `info` since 121. Older versions have no description.
  const info: Partial<GPUAdapterInfo> = adapter.info ?? {};
  const { vendor = '', architecture = '', device: name = '', description = '' } = info;
  return {
    vendor,
    architecture,
    device: name,
    description,
    software: describeAdapter(device.adapterInfo ?? info).software,
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter.limits),
  };
}

/** All values of an object that the browser made, by name. They are getters of a prototype. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = Reflect.get(limits, name);
    if (typeof value === 'number') found[name] = value;
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
