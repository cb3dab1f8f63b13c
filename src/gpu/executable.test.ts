import { describe, expect, it, vi } from 'vitest';
import { recordingDevice } from '../../test/support/recording-device.ts';
import { buildGraph } from '../arch/graph.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import { makePlan } from '../plan/plan.ts';
import { openEngine } from './device.ts';
import { Executable } from './executable.ts';
import type { InputWriter } from './input-writer.ts';
import type { WeightStore } from './weight-store.ts';

const OUTPUTS = ['head.fc'];

async function setUp(precision: Precision = 'f32') {
  const recorded = recordingDevice();
  const engine = await openEngine({ device: recorded.device, precision });
  const graph = buildGraph('cifar_resnet20', [1, 3, 8, 8]);
  const plan = makePlan(graph, { precision, profile: engine.profile, outputs: OUTPUTS, maxBufferBytes: 2 ** 28 });
  const held = { released: 0 };
  const weights = {
    hold: async () => undefined,
    get: () => ({ buffer: {} }),
    release: () => void held.released++,
  } as unknown as WeightStore;
  const create = () => Executable.create(engine, plan, weights);
  return { ...recorded, recorded, engine, plan, held, create };
}

/** Says in the log when it writes. */
const input = (log: string[], more: Partial<InputWriter> = {}): InputWriter => ({ write: () => void log.push('input'), ...more });

describe('an executable', () => {
  it('encodes the input, the steps, the tail in their pass, and what follows, and submits once', async () => {
    const { log, plan, create } = await setUp();
    const executable = await create();
    log.length = 0;
    const prepare = async () => void log.push('prepare');
    const { reading } = executable.allOutputs;
    const tail = { inPass: () => void log.push('in pass'), afterNetwork: () => void log.push('after'), reading };
    const [logits] = await executable.run(input(log, { prepare }), tail);
    const dispatches = plan.steps.map(() => 'dispatch');
    expect(log).toEqual(['prepare', 'input', 'pass', ...dispatches, 'in pass', 'end', 'after', 'copy output to readback', 'submit']);
    expect(logits).toHaveLength(10);
  });

  it('in slices writes its input before the first and reads after the last', async () => {
    const { log, plan, create } = await setUp();
    const executable = await create();
    log.length = 0;
    const count = plan.steps.length;
    const running = executable.run(input(log), executable.allOutputs, async (_, submit) => {
      submit(0, 2);
      await Promise.resolve();
      submit(2, count);
    });
    // Another run has to wait, because both use the same memory.
    const other = executable.run(input(log), {});
    await Promise.all([running, other]);
    const rest = plan.steps.slice(2).map(() => 'dispatch');
    const sliced = ['input', 'pass', 'dispatch', 'dispatch', 'end', 'submit', 'pass', ...rest, 'end', 'copy output to readback', 'submit'];
    expect(log.slice(0, sliced.length)).toEqual(sliced);
    expect(log.slice(sliced.length)).toEqual(['input', 'pass', 'dispatch', 'dispatch', ...rest, 'end', 'submit']);
  });

  it('says to the input that a run failed', async () => {
    const { log, create, device } = await setUp();
    const executable = await create();
    const drop = vi.fn();
    await executable.run(input(log, { drop }), executable.allOutputs);
    expect(drop).not.toHaveBeenCalled();
    vi.spyOn(device, 'popErrorScope').mockResolvedValueOnce({ message: 'no' } as GPUError);
    await expect(executable.run(input(log, { drop }), executable.allOutputs)).rejects.toMatchObject({ code: 'shader' });
    expect(drop).toHaveBeenCalledTimes(1);
  });

  it('of an f16 model names the layer in which a value left the range', async () => {
    const { plan, create, device } = await setUp('f16');
    const executable = await create();
    const staging: GPUBuffer[] = [];
    const createBuffer = device.createBuffer.bind(device);
    vi.spyOn(device, 'createBuffer').mockImplementation((descriptor) => {
      const buffer = createBuffer(descriptor);
      // The kernels write the number of the step, counted from the largest.
      buffer.getMappedRange = (_, length = 0) => {
        const words = new Uint32Array(length / 4);
        words[words.length - 1] = 0xffffffff - 2;
        return words.buffer;
      };
      staging.push(buffer);
      return buffer;
    });
    await expect(executable.run(input([]), executable.allOutputs)).rejects.toMatchObject({
      code: 'f16-overflow',
      layer: plan.steps[2]?.layer,
    });
    expect(staging).toHaveLength(1);
  });

  it('frees all its buffers, once, and is used no more', async () => {
    const { alive, held, create } = await setUp();
    const executable = await create();
    await executable.run(input([]), executable.allOutputs);
    expect(alive.size).toBeGreaterThan(0);
    executable.dispose();
    executable.dispose();
    expect([alive.size, held.released]).toEqual([0, 1]);
    await expect(executable.run(input([]), {})).rejects.toMatchObject({ code: 'disposed' });
  });

  it('leaves nothing where a kernel does not compile', async () => {
    const { recorded, alive, create } = await setUp();
    recorded.refuse = /./;
    await expect(create()).rejects.toMatchObject({ code: 'shader' });
    expect(alive.size).toBe(0);
  });
});
