/**
 * How many compute units a GPU has, and what each can do. Browsers tell the vendor of a GPU and at most its architecture, so that the model
 * behind the choice of kernels (kernels/conv/select.ts) takes a middling member of the family; an RTX 4090 has five times its units.
 */
import probeShader from '../../shaders/tuning/probe.wgsl?raw';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { openTimer } from '../gpu/timer.ts';
import type { Dispatch } from '../kernels/lib/kernel.ts';

export interface Units {
  /** Compute units that work side by side. */
  computeUnits: number;
  /** Multiply-adds a microsecond of one. */
  rate: number;
}

/** Multiply-adds of a workgroup in a round of the shader's loop: 256 threads, 4 times 8 chains of 4. */
export const MACS_A_ROUND = 256 * 4 * 8 * 4;

const MOST_WORKGROUPS = 256;

/** What one workgroup runs for: ten times as long as browsers round their clocks to. */
const TARGET_US = 1000;

/** What takes a GPU of today 10 ms, so that a clock that stands still ends the probe soon. */
const MOST_ROUNDS = 2 ** 17;

/** Beyond this it is not a GPU that was measured. */
const PLAUSIBLE = { units: 1024, rate: 1e7 };

/**
 * From the time of one workgroup, which has a unit for itself, and that of many: some 10 ms in all.
 * @param time microseconds of so many workgroups of so many rounds
 * @returns undefined where the clock shows nothing that makes sense
 */
export async function measureUnits(time: (workgroups: number, rounds: number) => Promise<number>): Promise<Units | undefined> {
  // The GPU wakes up, and what a dispatch costs apart from its work is known.
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
  // Few units are told well enough by few workgroups; many take a last round in which some have nothing to do.
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
