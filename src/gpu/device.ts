/** Finds a GPU and opens it, or says in plain words why there is none. */

import type { Avoided } from '../kernels/avoid.ts';
import type { DeviceProfile, Dispatch, Precision } from '../kernels/lib/kernel.ts';
import * as lazy from '../lazy.ts';
import { ResnetError } from '../util/errors.ts';
import { completeProfile } from './complete-profile.ts';
import { type AdapterDescription, describeAdapter } from './device-profile.ts';
import { GpuMemory } from './gpu-memory.ts';
import { PipelineCache } from './pipelines.ts';
import type { Schedule, Submitted } from './schedule.ts';

/** A device and everything that is made once for it. */
export interface Engine {
  device: GPUDevice;
  /** Whether the device is the caller's, and so is never destroyed or replaced. */
  callerOwned: boolean;
  adapter: AdapterDescription;
  profile: DeviceProfile;
  pipelines: PipelineCache;
  memory: GpuMemory;
  /** How runs without a schedule of their own are cut. Set after the device before this one was lost (model/after-loss.ts). */
  schedule?: Schedule;
  /** What was submitted last, unless it is known to be done. */
  submitted?: Submitted;
  /** When the device is lost. */
  loss?: GPUDeviceLostInfo;
  /** What was being compiled then. */
  unfinished?: Dispatch[];
}

export interface EngineOptions {
  device?: GPUDevice;
  powerPreference?: GPUPowerPreference;
  precision?: Precision;
  /** What a device that was lost did not do: the next one is most likely of the same GPU. */
  avoided?: Avoided;
  /** What is known of this very adapter, before anything is planned for it. */
  refine?: (engine: Engine) => Promise<void>;
}

/** The floor of every WebGPU implementation is enough; more is asked for where it is offered: for large batches and photos. */
const WANTED_LIMITS = ['maxBufferSize', 'maxStorageBufferBindingSize', 'maxTextureDimension2D'] as const;
const WANTED_FEATURES: readonly GPUFeatureName[] = ['timestamp-query', 'subgroups', 'shader-f16'];

/**
 * What to ask an adapter for, for callers who make the device themselves.
 * A device with default limits and no features works as well, one in compatibility mode included. Does not throw.
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
 * What the kernels keep to, in compatibility mode, too; every conforming device has it, a device made with lowered limits may not.
 * Core WebGPU has twice the threads, which some kernels take where they are granted.
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
  checkLimits(device);
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

/** Gives every byte back; a device of the library's own is destroyed, too. */
export function closeEngine({ device, memory, callerOwned }: Engine): void {
  memory.destroyAll();
  if (!callerOwned) device.destroy();
}

/** Whether the device is gone, also where its loss is reported only after the call that it broke. */
export async function isLost(engine: Engine): Promise<boolean> {
  await Promise.race([engine.device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
  return engine.loss !== undefined;
}

/**
 * Whether there are subgroups of 4, and the feature is enabled. SwiftShader numbers subgroups along the workgroup; no other adapter is
 * known to have as few threads in one.
 */
export function hasQuads({ features, adapterInfo }: Pick<GPUDevice, 'features' | 'adapterInfo'>): boolean {
  return features.has('subgroups') && adapterInfo.subgroupMinSize === 4 && adapterInfo.subgroupMaxSize === 4;
}

const pipelineCaches = new WeakMap<GPUDevice, PipelineCache>();

/** Models on one device share its pipelines. */
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
  const insecure = typeof isSecureContext !== 'undefined' && !isSecureContext;
  throw new ResnetError('webgpu-missing', 'This environment has no WebGPU (navigator.gpu is undefined).', {
    hint: insecure
      ? 'Serve the page over https or from localhost: WebGPU exists in secure contexts only.'
      : 'Use Chrome or Edge 113+, Safari 26+ or Firefox 141+ (on Linux, enable it in the browser settings).',
  });
}

function inNode(): boolean {
  return Boolean((globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node);
}

/** @param gpu what to ask for an adapter */
export async function requestDevice(powerPreference: GPUPowerPreference = 'high-performance', gpu = findGpu): Promise<GPUDevice> {
  const api = await gpu();
  const adapter =
    (await api.requestAdapter({ powerPreference })) ?? (await api.requestAdapter({ powerPreference, featureLevel: 'compatibility' }));
  if (!adapter) {
    throw new ResnetError('adapter-missing', 'WebGPU is there, but it has no adapter.', {
      hint: inNode()
        ? (await lazy.dawn()).NO_DRIVER
        : 'Turn on hardware acceleration in the browser settings, update the graphics driver, and look at chrome://gpu or about:support.',
    });
  }
  try {
    return await adapter.requestDevice(deviceDescriptor(adapter));
  } catch (cause) {
    throw new ResnetError('adapter-missing', `The adapter gave no device: ${cause instanceof Error ? cause.message : cause}`, {
      hint: 'Reload the page. If that does not help, restart the browser.',
      cause,
    });
  }
}

function checkLimits(device: GPUDevice): void {
  for (const name of NEEDED) {
    const [actual, needed] = [device.limits[name], NEEDED_LIMITS[name]];
    if (actual < needed) {
      throw new ResnetError('device-limits', `The device allows ${name} = ${actual}, but the kernels need ${needed}.`, {
        layer: name,
        hint: 'Make the device with adapter.requestDevice(deviceDescriptor(adapter)).',
      });
    }
  }
}
