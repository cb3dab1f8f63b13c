/** Runs in slices share the memory of their plan with no other run, however calls are interleaved. */
import { afterAll, expect, it } from 'vitest';
import { buildGraph } from '../../src/arch/graph.ts';
import { bindCheckpoint } from '../../src/checkpoint/bind.ts';
import { randomCheckpoint } from '../../src/checkpoint/random.ts';
import { openEngine } from '../../src/gpu/device.ts';
import { Executable } from '../../src/gpu/executable.ts';
import { arrayInput } from '../../src/gpu/input-writer.ts';
import type { Schedule } from '../../src/gpu/schedule.ts';
import { WeightStore } from '../../src/gpu/weight-store.ts';
import { makePlan } from '../../src/plan/plan.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

const SHAPE = [1, 3, 16, 16];

it('gives each of several calls at once its own result', async () => {
  const engine = await openEngine({ device });
  const graph = buildGraph('cifar_resnet20', SHAPE);
  const outputs = graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : []));
  const plan = makePlan(graph, { precision: 'f32', profile: engine.profile, outputs, maxBufferBytes: 2 ** 28 });
  const weights = new WeightStore(engine);
  await weights.allocate(plan.weights);
  const bound = await bindCheckpoint(graph, randomCheckpoint(graph, 1), { arch: 'cifar_resnet20' });
  await weights.upload(plan.weights, 'f32', async (key) => (await bound.get(key).read()).data);
  const executable = await Executable.create(engine, plan, weights);
  const run = (seed: number, schedule?: Schedule) => {
    const data = Float32Array.from({ length: 3 * 16 * 16 }, (_, i) => Math.sin(i * 0.37 + seed));
    return executable.run(arrayInput(data), executable.allOutputs, schedule);
  };
  const sliced: Schedule = async ({ steps }, submit) => {
    for (let from = 0; from < steps.length; from += 4) {
      submit(from, Math.min(from + 4, steps.length));
      await device.queue.onSubmittedWorkDone();
    }
  };
  const alone: Float32Array[][] = [];
  for (const seed of [1, 2, 3]) alone.push(await run(seed));
  expect(alone[0]).not.toEqual(alone[1]);
  const together = await Promise.all([run(1, sliced), run(2, sliced), run(3)]);
  expect(together).toEqual(alone);
  executable.dispose();
  weights.dispose();
});
