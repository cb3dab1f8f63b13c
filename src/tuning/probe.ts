/**
 * Measures how many compute units a GPU has, and the speed of one. Browsers tell a GPU's vendor and at most its architecture. So the
 * model that chooses kernels (kernels/conv/select.ts) assumes an average GPU of the family, and an RTX 4090 has five times its units.
 */
import probeShader from '../../shaders/tuning/probe.wgsl?raw';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { openTimer } from '../gpu/timer.ts';
import type { Dispatch } from '../kernels/lib/kernel.ts';

export interface Units {
  /** Compute units that work in parallel. */
  computeUnits: number;
  /** Multiply-adds of one unit in a microsecond. */
  rate: number;
}

/** Multiply-adds of a workgroup in one round of the shader's loop: 256 threads, each 4 times 8 chains of 4. */
export const MACS_A_ROUND = 256 * 4 * 8 * 4;

const MOST_WORKGROUPS = 256;

/** How long one workgroup should run: ten times the step of browsers' clocks. */
const TARGET_US = 1000;

/** Work of 10 ms on today's GPUs. It ends the probe soon if the clock does not move. */
const MOST_ROUNDS = 2 ** 17;

/** Results above this cannot be a real GPU. */
const PLAUSIBLE = { units: 1024, rate: 1e7 };

/**
 * Compares the time of one workgroup, which has a unit for itself, with the time of many. Takes about 10 ms.
 * @param time returns the microseconds for this many workgroups with this many rounds
 * @returns undefined if the measured times make no sense
 */
export async function measureUnits(time: (workgroups: number, rounds: number) => Promise<number>): Promise<Units | undefined> {
  // Wakes the GPU up, and measures the overhead of a dispatch.
  await time(1, 1);
  const start = await time(1, 1);
  const work = async (workgroups: number, rounds: number) =>
    Math.min(await time(workgroups, rounds), await time(workgroups, rounds)) - start;
  let rounds = 512;
  let one = await work(1, rounds);
  for (let tries = 0; one < TARGET_US / 2 && tries < 3; tries++) {
    rounds = Math.min(MOST_ROUNDS, Math.ceil(rounds * Math.min(16, TARGET_US / Math.max(1, one))));
    one = await work(1, rounds);
  }
  if (!(one >= TARGET_US / 4)) return undefined;
  // Few workgroups are enough for few units. With many units, some have nothing to do in the last round.
  let workgroups = 64;
  let many = await work(workgroups, rounds);
  if (many < 5 * one) {
    workgroups = MOST_WORKGROUPS;
    many = await work(workgroups, rounds);
  }
  const computeUnits = Math.max(1, Math.round((workgroups * one) / many));
  const rate = (MACS_A_ROUND * rounds) / one;
  return many > 0 && computeUnits <= PLAUSIBLE.units && rate <= PLAUSIBLE.rate ? { computeUnits, rate } : undefined;
}

export async function probe(engine: Engine): Promise<Units | undefined> {
  const { device, memory, pipelines } = engine;
  const dispatch: Dispatch = {
    kernel: 'probe',
    shader: probeShader,
    variant: 'fma',
    precision: 'f32',
    constants: {},
    bindings: ['write'],
    uniforms: { rounds: 1 },
    workgroups: [1, 1, 1],
  };
  const pipeline = await pipelines.get(dispatch);
  const { params, result } = await memory.guard(() => ({
    params: memory.create('staging', 'probe rounds', 16, USAGE.UNIFORM | USAGE.COPY_DST),
    result: memory.create('staging', 'probe result', MOST_WORKGROUPS * 256 * 16, USAGE.STORAGE),
  }));
  const timer = await openTimer(engine);
  try {
    const group = device.createBindGroup({
      layout: pipelines.layout(dispatch.bindings),
      entries: [params, result].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return await measureUnits((workgroups, rounds) => {
      device.queue.writeBuffer(params, 0, new Uint32Array([0, rounds, 0, 0]));
      return timer.of((pass) => {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(workgroups);
      });
    });
  } finally {
    timer.dispose();
    memory.destroy(params);
    memory.destroy(result);
  }
}
