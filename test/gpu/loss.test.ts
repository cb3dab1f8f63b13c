/** Every kind of call during which the device is lost, or the model disposed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type Model, ResnetError } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { everyCall, image, tinyOptions, tinySource } from '../support/every-call.ts';
import { sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { withOwnDevice } from '../support/own-device.ts';

const calls = everyCall();
type Call = (typeof calls)[string];

/** Calls `happen` instead of a call's n-th submission, counted from now. */
function atSubmit(device: GPUDevice, nth: number, happen: () => void): void {
  const { queue } = device;
  const { submit } = queue;
  let left = nth;
  queue.submit = (commands) => {
    if ([...commands].length > 0 && --left === 0) happen();
    return submit.call(queue, commands);
  };
}

async function codeOf(running: Promise<unknown>): Promise<string> {
  return running.then(
    () => 'ok',
    (error: unknown) => (error instanceof ResnetError ? error.code : `not ours: ${error}`),
  );
}

/** The parts that are equal on all devices. The time of a step is not. */
const results = async (model: Model, call: Call) => (await call(model)).map((x) => Math.round(x * 1e4));

/** A new device compiles everything again. So `npm test` only does it for calls that lifecycle.test.ts leaves out. */
const alone = sampled('calls at the loss of a device of their own', Object.entries(calls), ([name]) =>
  /preprocess|explain|selfTest|profile|tune/.test(name),
);

describe('when the device is lost', { timeout: 600_000 }, () => {
  it('one of the library is replaced in every call', () =>
    withOwnDevice(async (devices) => {
      const model = await loadModel(tinySource, tinyOptions);
      for (const [name, call] of alone) {
        // A GpuTensor is lost together with its device. No model can change that.
        if (name.includes('GpuTensor')) continue;
        const expected = await results(model, call);
        const { length } = devices;
        const device = devices.at(-1) as GPUDevice;
        atSubmit(device, name === 'selfTest' ? 3 : 1, () => device.destroy());
        expect(await results(model, call), name).toEqual(expected);
        expect(devices.length, name).toBe(length + 1);
      }
      model.dispose();
    }));

  it.each(alone)("the caller's ends %s in words", async (name, call) => {
    const device = await openNodeDevice();
    const model = await loadModel(tinySource, { ...tinyOptions, device });
    atSubmit(device, name === 'selfTest' ? 3 : 1, () => device.destroy());
    expect(await codeOf(call(model))).toBe('device-lost');
    expect(await codeOf(call(model))).toBe('device-lost');
    model.dispose();
  });
});

describe('when the model is disposed', { timeout: 120_000 }, () => {
  it('while a lost device is being replaced, calls say so', () =>
    withOwnDevice(async (devices) => {
      const model = await loadModel(tinySource, tinyOptions);
      devices.at(-1)?.destroy();
      const running = ['classify', 'preprocess', 'explain', 'selfTest'].map((name) => codeOf((calls[name] as Call)(model)));
      // The new device is there, but its weights are not.
      while (devices.length < 2) await new Promise((resolve) => setTimeout(resolve));
      model.dispose();
      expect(await Promise.all(running)).toEqual(Array(running.length).fill('disposed'));
    }));

  let device: GPUDevice;
  beforeAll(async () => {
    device = await openNodeDevice();
  });
  afterAll(() => device.destroy());

  it.each(Object.entries(calls))('%s says so, and leaves nothing behind', async (_, call) => {
    const counted = count(device);
    const model = await loadModel(tinySource, { ...tinyOptions, device });
    await model.classify(image(22, 22, 3));
    atSubmit(device, 1, () => model.dispose());
    expect(await codeOf(call(model))).toBe('disposed');
    expect(await codeOf(call(model))).toBe('disposed');
    await new Promise((resolve) => setTimeout(resolve));
    expect(counted.bytes()).toBe(0);
  });
});
