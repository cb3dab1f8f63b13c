/** Finds a GPU and opens it, or says in plain words why there is none. */

import type { Avoided } from '../kernels/avoid.ts';
import type { DeviceProfile, Dispatch, Precision } from '../kernels/lib/kernel.ts';
import * as lazy from '../lazy.ts';
import { completeProfile } from './complete-profile.ts';
import { type AdapterDescription, describeAdapter } from './device-profile.ts';
import { GpuMemory } from './gpu-memory.ts';
import { PipelineCache } from './pipelines.ts';
import type { Schedule, Submitted } from './schedule.ts';

/** A device, and everything that is made once for it. */
export interface Engine {
  device: GPUDevice;
  /** Whether the device belongs to the caller. Then it is never destroyed or replaced. */
  callerOwned: boolean;
  adapter: AdapterDescription;
  profile: DeviceProfile;
  pipelines: PipelineCache;
  memory: GpuMemory;
  /** How runs without their own schedule are split. Set after an earlier device was lost (model/after-loss.ts). */
  schedule?: Schedule;
  /** The latest submission, unless it is known to be done. */
  submitted?: Submitted;
  /** Set when the device is lost. */
  loss?: GPUDeviceLostInfo;
  /** What was being compiled at that time. */
  unfinished?: Dispatch[];
}

export interface EngineOptions {
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  precision?: Precision;
  /** Kernels that a lost device could not run. The next device is most likely on the same GPU. */
  avoided?: Avoided;
  /** Applies what is known about this adapter, before anything is planned for it. */
  refine?: (engine: Engine) => Promise<void>;
}

/** WebGPU's minimum limits are enough. Higher ones are requested where available, for large batches and photos. */
const WANTED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxTextureDimension2D'] as const;
const WANTED_FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];

/**
 * The descriptor to request a device with, for callers who make the device themselves.
 * A device with default limits and no features works as well, also in compatibility mode. Does not throw.
 * @example
 * ```ts
 * import { deviceDescriptor, loadModel } from 'resnet-webgpu';
 *
 * const adapter = await navigator.gpu.requestAdapter();
 * if (!adapter) throw new Error('no adapter');
 * const device = await adapter.requestDevice(deviceDescriptor(adapter));
 * const model = await loadModel('hf:timm/resnet18.a1_in1k', { device });
 * ```
 */
export function deviceDescriptor(adapter: GPUAdapter): GPUDeviceDescriptor {
  return {
    label: 'resnet-webgpu',
    requiredFeatures: WANTED_FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries([...WANTED_LIMITS, ...NEEDED].map((limit) => [limit, adapter.limits[limit]])),
  };
}

/**
 * What the kernels need, also in compatibility mode. Every conforming device has it, but a device that was requested with lower
 * limits may not. Core WebGPU has twice the threads. Some kernels use them where they are available.
 */
const NEEDED_LIMITS = {
  maxStorageBuffersPerShaderStage: 6,
  maxComputeInvocationsPerWorkgroup: 128,
  maxComputeWorkgroupSizeX: 128,
  maxComputeWorkgroupStorageSize: 16384,
  maxComputeWorkgroupsPerDimension: 32768,
} as const;

const NEEDED = Object.keys(NEEDED_LIMITS) as (keyof typeof NEEDED_LIMITS)[];

export async function openEngine(options: EngineOptions): Promise<Engine> {
  const device = options.device ?? (await requestDevice(options.powerPreference));
  const short = NEEDED.find((name) => device.limits[name] < NEEDED_LIMITS[name]);
  if (short) throw (await lazy.noDevice()).limitTooLow(short, device.limits[short], NEEDED_LIMITS[short]);
  const pipelines = pipelinesOf(device);
  const adapter = describeAdapter(device.adapterInfo);
  const engine: Engine = {
    device,
    callerOwned: options.device !== undefined,
    adapter,
    profile: await completeProfile(adapter, options.precision, { f16: device.features.has('shader-f16'), quads: hasQuads(device) }),
    pipelines,
    memory: new GpuMemory(device),
  };
  device.lost.then((loss) => {
    engine.loss = loss;
    engine.unfinished = [...pipelines.compiling];
  });
  pipelines.avoided ??= options.avoided;
  if (pipelines.avoided) engine.profile = pipelines.avoided.adapt(engine.profile);
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = device.limits;
  const threads = Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX);
  if (threads < 256) (await lazy.refusedKernels()).keepWithin(engine, threads);
  await options.refine?.(engine);
  return engine;
}

/** Frees all memory. A device that the library opened is destroyed, too. */
export function closeEngine({ device, memory, callerOwned }: Engine): void {
  memory.close();
  if (!callerOwned) device.destroy();
}

/** Whether the device is lost, even if its loss is reported only after the call that it broke. */
export async function isLost(engine: Engine): Promise<boolean> {
  await Promise.race([engine.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
  return engine.loss !== undefined;
}

/**
 * Whether there are subgroups of 4, and the feature is enabled. SwiftShader numbers subgroups along the workgroup. No other adapter is
 * known to have subgroups this small.
 */
export function hasQuads({ features, adapterInfo }: Pick<GPUDevice, 'features' | 'adapterInfo'>): boolean {
  return features.has('subgroups') && adapterInfo.subgroupMinSize === 4 && adapterInfo.subgroupMaxSize === 4;
}

const pipelineCaches = new WeakMap<GPUDevice, PipelineCache>();

/** Models on the same device share its pipelines. */
function pipelinesOf(device: GPUDevice): PipelineCache {
  let cache = pipelineCaches.get(device);
  if (!cache) {
    cache = new PipelineCache(device);
    pipelineCaches.set(device, cache);
  }
  return cache;
}

/** The browser's WebGPU, or in Node that of the package `webgpu`. */
async function findGpu(): Promise<GPU> {
  const gpu = typeof navigator === 'undefined' ? undefined : (navigator as { gpu?: GPU }).gpu;
  if (gpu) return gpu;
  if (inNode()) return (await lazy.dawn()).dawnOrThrow();
  throw (await lazy.noDevice()).noWebGpu();
}

function inNode(): boolean {
  return Boolean((globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node);
}

/** @param gpu where to request an adapter */
export async function requestDevice(powerPreference: GPUPowerPreference = 'high-performance', gpu = findGpu): Promise<GPUDevice> {
  const api = await gpu();
  const adapter =
    (await api.requestAdapter({ powerPreference })) ?? (await api.requestAdapter({ powerPreference, featureLevel: 'compatibility' }));
  if (!adapter) throw (await lazy.noDevice()).noAdapter(inNode() ? (await lazy.dawn()).NO_DRIVER : undefined);
  try {
    return await adapter.requestDevice(deviceDescriptor(adapter));
  } catch (cause) {
    throw (await lazy.noDevice()).refusedDevice(cause);
  }
}
