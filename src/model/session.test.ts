import { afterEach, describe, expect, it, vi } from 'vitest';
import { type RecordingDevice, recordingDevice } from '../../test/support/recording-device.ts';
import { resolveArch } from '../arch/index.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import type { InputWriter } from '../gpu/input-writer.ts';
import { type ErrorCode, ResnetError } from '../util/errors.ts';
import { prepareNetwork } from './prepared-network.ts';
import { outputsTail, Session, type SessionOptions } from './session.ts';
import { bindTensors } from './tensors.ts';

afterEach(() => vi.unstubAllGlobals());

/** Devices that the library opens itself, one after the other. */
function ownDevices(count: number): RecordingDevice[] {
  const devices = Array.from({ length: count }, recordingDevice);
  const rest = devices.map(({ device }) => device);
  const adapter = { features: new Set(), limits: {}, requestDevice: async () => rest.shift() };
  vi.stubGlobal('navigator', { gpu: { requestAdapter: async () => adapter } });
  return devices;
}

async function loaded(options: Partial<SessionOptions> = {}) {
  const located = { source: { arch: 'cifar_resnet20', weights: { random: 1 } }, warnings: [] };
  const network = await prepareNetwork(await resolveArch('cifar_resnet20'), located, {});
  const tensors = await bindTensors(network, located, { checkpoint: randomCheckpoint(network.graph, 1) }, {});
  const session = await Session.create({ precision: 'f32', ...options });
  const reopened = vi.fn(async () => tensors.read);
  await session.load(network, { ...tensors, reopenTensors: reopened });
  const run = (input: InputWriter = { write: () => undefined }, signal?: AbortSignal) =>
    session.run({ shape: network.shape, outputs: network.outputs, input, tail: outputsTail }, { signal });
  return { session, network, run, reopened };
}

const failing = (code: ErrorCode): InputWriter => ({
  write: () => {
    throw new ResnetError(code, 'It failed.', { hint: '' });
  },
});

describe('a session', () => {
  it('uploads and compiles a network, and tells how far it is', async () => {
    const { device, compiled } = recordingDevice();
    const phases = new Map<string, [number, number | undefined]>();
    await loaded({ device, onProgress: ({ phase, loaded, total }) => void phases.set(phase, [loaded, total]) });
    expect(compiled.length).toBeGreaterThan(2);
    for (const phase of ['compile', 'upload']) {
      const [done, total] = phases.get(phase) ?? [];
      expect([phase, done]).toEqual([phase, total]);
    }
  });

  it('submits a run once, in one pass, and makes nothing for the next one', async () => {
    const { device, log, alive } = recordingDevice();
    const { run, network } = await loaded({ device });
    const [logits] = await run();
    expect(logits).toHaveLength(network.arch.classes ?? 0);
    const buffers = alive.size;
    log.length = 0;
    await run();
    expect(log.filter((line) => line === 'submit')).toHaveLength(1);
    expect(log.filter((line) => line === 'pass')).toHaveLength(1);
    expect(alive.size).toBe(buffers);
  });

  it('runs two calls at a time, and no call that was aborted while it waited', async () => {
    const { device } = recordingDevice();
    const { run } = await loaded({ device });
    const written: number[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const input = (i: number): InputWriter => ({ prepare: () => gate, write: () => void written.push(i) });
    const aborting = new AbortController();
    const calls = [run(input(0)), run(input(1)), run(input(2), aborting.signal), run(input(3))];
    aborting.abort();
    await expect(calls[2]).rejects.toMatchObject({ code: 'aborted' });
    expect(written).toEqual([]);
    open();
    await Promise.all([calls[0], calls[1], calls[3]]);
    expect(written.sort()).toEqual([0, 1, 3]);
  });

  it('goes on after a call that failed, and tells its input', async () => {
    const { device } = recordingDevice();
    const { run } = await loaded({ device });
    const drop = vi.fn();
    const write = () => {
      throw new ResnetError('image', 'It cannot be uploaded.', { hint: '' });
    };
    for (let i = 0; i < 3; i++) await expect(run({ write, drop })).rejects.toMatchObject({ code: 'image' });
    expect(drop).toHaveBeenCalledTimes(3);
    expect(await run()).toHaveLength(1);
  });

  it('makes its executable anew after an error of the GPU, and keeps it after any other', async () => {
    const { device } = recordingDevice();
    const { run } = await loaded({ device });
    const bound = vi.spyOn(device, 'createBindGroup');
    await expect(run(failing('image'))).rejects.toMatchObject({ code: 'image' });
    await run();
    expect(bound).not.toHaveBeenCalled();
    await expect(run(failing('out-of-memory'))).rejects.toMatchObject({ code: 'out-of-memory' });
    await run();
    expect(bound).toHaveBeenCalled();
  });

  it('says once that there is a result', async () => {
    const { device } = recordingDevice();
    const { session, run } = await loaded({ device });
    session.afterResult = vi.fn();
    const { afterResult } = session;
    await run();
    await run();
    expect(afterResult).toHaveBeenCalledTimes(1);
  });

  it('says so, too, if a value was beyond f16, but not after other errors', async () => {
    const { device } = recordingDevice();
    const { session, run } = await loaded({ device });
    const afterResult = vi.fn();
    session.afterResult = afterResult;
    await expect(run(failing('image'))).rejects.toMatchObject({ code: 'image' });
    expect(afterResult).not.toHaveBeenCalled();
    await expect(run(failing('f16-overflow'))).rejects.toMatchObject({ code: 'f16-overflow' });
    expect(afterResult).toHaveBeenCalledTimes(1);
  });

  it('replaces a lost device of its own, and does the run again there', async () => {
    const [first, second] = ownDevices(2) as [RecordingDevice, RecordingDevice];
    const { session, run, reopened } = await loaded();
    const prepared: GPUDevice[] = [];
    const prepare = async ({ device }: { device: GPUDevice }) => {
      prepared.push(device);
      if (device !== first.device) return;
      first.lose();
      throw new ResnetError('out-of-memory', 'The results could not be read.', { hint: '' });
    };
    expect(await run({ prepare, write: () => undefined })).toHaveLength(1);
    expect(prepared).toEqual([first.device, second.device]);
    expect(session.engine.device).toBe(second.device);
    expect(reopened).toHaveBeenCalledTimes(1);
    expect([first.destroyed, second.destroyed]).toEqual([true, false]);
    expect(first.alive.size).toBe(0);
  });

  it("does not replace a caller's device", async () => {
    const own = recordingDevice();
    const { run } = await loaded({ device: own.device });
    own.lose();
    await expect(run()).rejects.toMatchObject({ code: 'device-lost', hint: expect.stringContaining('Make a new device') });
  });

  it('frees what it has when it is disposed, and refuses calls', async () => {
    const { device, alive } = recordingDevice();
    const { session, run } = await loaded({ device });
    expect(alive.size).toBeGreaterThan(0);
    session.dispose();
    session.dispose();
    await expect(run()).rejects.toMatchObject({ code: 'disposed' });
    expect(alive.size).toBe(0);
  });
});
