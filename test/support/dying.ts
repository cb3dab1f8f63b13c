/** GPUs that crash because of what they compile or run, as a browser reports it: first `lost`, then everything pending fails. */
import { vi } from 'vitest';
import { nodeGpu } from './node-gpu.ts';

export interface Dying {
  /** The number of devices that the library got so far. */
  readonly devices: GPUDevice[];
  /** The cause of each crash. */
  readonly deaths: string[];
  /** Makes the device one that does not crash. */
  die(): void;
}

export interface Kills {
  /** By the pipeline's label. */
  compiling?: (label: string) => boolean;
  /** By the label of a pipeline that is dispatched. */
  running?: (label: string) => boolean;
}

/** Makes the device one that crashes. */
export function dying(device: GPUDevice, { compiling, running }: Kills, deaths: string[] = []): () => void {
  let tell: (info: GPUDeviceLostInfo) => void = () => undefined;
  let isDead = false;
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
    tell = resolve;
  });
  device.lost.then((info) => tell(info));
  const compilations = new Set<Promise<unknown>>();
  const died = lost.then(() => {
    throw new Error('The device is lost.');
  });
  died.catch(() => undefined);
  const orDies = <T>(pending: Promise<T>): Promise<T> => Promise.race([died, pending]);
  const die = (of: string) => {
    if (isDead) return;
    isDead = true;
    deaths.push(of);
    tell({ reason: 'unknown', message: 'The GPU process died.' } as GPUDeviceLostInfo);
    // Pending work fails, too. Dawn in Node ends the process if a device is destroyed during a compilation.
    setTimeout(async () => {
      await Promise.allSettled(compilations);
      device.destroy();
    });
  };
  Object.defineProperty(device, 'lost', { value: lost });
  const { createComputePipelineAsync, createCommandEncoder, queue } = device;
  device.createComputePipelineAsync = async (descriptor) => {
    const label = descriptor.label ?? '';
    if (compiling?.(label)) die(label);
    if (isDead) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw new Error('The device is lost.');
    }
    const made = createComputePipelineAsync.call(device, descriptor);
    compilations.add(made);
    made.catch(() => undefined).finally(() => compilations.delete(made));
    return orDies(made);
  };
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { mapAsync } = buffer;
    buffer.mapAsync = (...range) => orDies(mapAsync.apply(buffer, range));
    return buffer;
  };
  const labels = new WeakMap<GPUCommandBuffer, string[]>();
  device.createCommandEncoder = (descriptor) => {
    const encoder = createCommandEncoder.call(device, descriptor);
    const own: string[] = [];
    const { beginComputePass, finish } = encoder;
    encoder.beginComputePass = (options) => {
      const pass = beginComputePass.call(encoder, options);
      const { setPipeline } = pass;
      pass.setPipeline = (pipeline) => {
        own.push(pipeline.label);
        setPipeline.call(pass, pipeline);
      };
      return pass;
    };
    encoder.finish = (options) => {
      const commands = finish.call(encoder, options);
      labels.set(commands, own);
      return commands;
    };
    return encoder;
  };
  const { submit } = queue;
  queue.submit = (commands) => {
    const all = [...commands];
    const killer = all.flatMap((one) => labels.get(one) ?? []).find((label) => running?.(label));
    submit.call(queue, all);
    if (killer !== undefined) die(killer);
  };
  return () => die('nothing');
}

/** Lets the library create the devices itself. */
export async function withDyingGpu(kills: Kills, use: (state: Dying) => Promise<void>): Promise<void> {
  const gpu = await nodeGpu();
  const dies: (() => void)[] = [];
  const state: Dying = { devices: [], deaths: [], die: () => dies.at(-1)?.() };
  const requestAdapter = async () => {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return null;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await requestDevice(descriptor);
      dies.push(dying(device, kills, state.deaths));
      state.devices.push(device);
      return device;
    };
    return adapter;
  };
  vi.stubGlobal('navigator', { gpu: { requestAdapter }, userAgent: 'test' });
  try {
    await use(state);
  } finally {
    vi.unstubAllGlobals();
  }
}
