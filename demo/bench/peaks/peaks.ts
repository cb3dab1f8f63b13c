/** The adapter's peaks, measured with the benchmark's own kernels: the roofs of the roofline. */
import copyShader from './copy.wgsl?raw';
import fmaShader from './fma.wgsl?raw';

export interface Peaks {
  /** Two operations for each multiply-add. */
  gflops: number;
  /** Bytes read and written, added up. */
  gigabytesPerSecond: number;
}

/** Duration of a trial, long enough that its launch and the clock's resolution do not matter. */
const TRIAL_MS = 60;
const TRIALS = 5;
const COPY_BYTES = 64 * 2 ** 20;
const FMA_GROUPS = 2048;
const FMA_GROUP_OPS = 64 * 8 * 4 * 4 * 2;

export async function measurePeaks(device: GPUDevice): Promise<Peaks> {
  return { gflops: await flops(device), gigabytesPerSecond: await bandwidth(device) };
}

async function flops(device: GPUDevice): Promise<number> {
  const pipeline = await compile(device, fmaShader);
  const uniform = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  const out = device.createBuffer({ size: FMA_GROUPS * 64 * 16, usage: GPUBufferUsage.STORAGE });
  const bindGroup = bind(device, pipeline, [uniform, out]);
  const run = async (rounds: number) => {
    const params = new DataView(new ArrayBuffer(16));
    params.setUint32(0, rounds, true);
    params.setFloat32(4, 0.999, true);
    params.setFloat32(8, 0.001, true);
    device.queue.writeBuffer(uniform, 0, params.buffer);
    await device.queue.onSubmittedWorkDone();
    return time(device, pipeline, bindGroup, FMA_GROUPS, 1);
  };
  const best = await fastest(run, 4, 2 ** 16);
  uniform.destroy();
  out.destroy();
  return (best.amount * FMA_GROUPS * FMA_GROUP_OPS) / best.ms / 1e6;
}

async function bandwidth(device: GPUDevice): Promise<number> {
  const size = Math.min(COPY_BYTES, device.limits.maxStorageBufferBindingSize);
  const pipeline = await compile(device, copyShader);
  const buffers = [0, 1].map(() => device.createBuffer({ size, usage: GPUBufferUsage.STORAGE }));
  const bindGroup = bind(device, pipeline, buffers);
  const run = (repeats: number) => time(device, pipeline, bindGroup, size / 4096, repeats);
  const best = await fastest(run, 1, 2 ** 10);
  for (const buffer of buffers) buffer.destroy();
  return (best.amount * 2 * size) / best.ms / 1e6;
}

/** Doubles the amount of work until a trial lasts long enough. Then takes the best of several trials. */
async function fastest(run: (amount: number) => Promise<number>, start: number, most: number): Promise<{ amount: number; ms: number }> {
  let amount = start;
  await run(amount);
  let ms = await run(amount);
  while (ms < TRIAL_MS && amount < most) {
    amount = Math.min(most, amount * (ms < TRIAL_MS / 8 ? 8 : 2));
    ms = await run(amount);
  }
  for (let trial = 1; trial < TRIALS; trial++) ms = Math.min(ms, await run(amount));
  return { amount, ms };
}

async function compile(device: GPUDevice, code: string): Promise<GPUComputePipeline> {
  return device.createComputePipelineAsync({ layout: 'auto', compute: { module: device.createShaderModule({ code }) } });
}

function bind(device: GPUDevice, pipeline: GPUComputePipeline, buffers: GPUBuffer[]): GPUBindGroup {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
}

async function time(device: GPUDevice, pipeline: GPUComputePipeline, bindGroup: GPUBindGroup, groups: number, repeats: number) {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(groups);
  pass.end();
  const commands = encoder.finish();
  const start = performance.now();
  device.queue.submit([commands]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}
