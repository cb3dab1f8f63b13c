/** A GPU that crashes because of a kernel, while it is compiled or while it runs. The call is repeated with plain kernels, then fails in words. */
import { describe, expect, it, vi } from 'vitest';
import { forget } from '../../src/gpu/adapter-store.ts';
import { describeAdapter } from '../../src/gpu/device-profile.ts';
import { type LoadOptions, loadModel, type Model, ResnetError } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { dying, type Kills, withDyingGpu } from '../support/dying.ts';
import { image, tensor, tinySource } from '../support/every-call.ts';
import { sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const options: LoadOptions = { inputSize: [16, 16], verify: false };
const ADAPTER = describeAdapter((await openNodeDevice()).adapterInfo);
const load = (more: LoadOptions = {}) => loadModel(tinySource, { ...options, ...more });

async function answer(model: Model): Promise<number[]> {
  const { logits } = await model.run(tensor(16, 16, 1));
  const [best] = await model.classify(image(20, 18, 37), { topK: 1 });
  return [...(logits?.data ?? []), best?.index ?? -1, best?.probability ?? -1];
}

function expectSame(actual: readonly number[], expected: readonly number[]): void {
  const asTensor = (data: readonly number[]) => ({ data: Float32Array.from(data), shape: [data.length] });
  expect(difference(asTensor(actual), asTensor(expected)).relative).toBeLessThan(1e-5);
}

let clean: Promise<number[]> | undefined;
/** The result of a healthy GPU. */
function healthy(): Promise<number[]> {
  clean ??= (async () => {
    let values: number[] = [];
    await withDyingGpu({}, async ({ devices }) => {
      const model = await load();
      values = await answer(model);
      expect(model.info.warnings).toEqual([]);
      expect(devices).toHaveLength(1);
      model.dispose();
    });
    return values;
  })();
  return clean;
}

async function failure(running: Promise<unknown>): Promise<ResnetError> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ResnetError)) throw new Error(`not ours: ${error}`);
  return error;
}

describe('a GPU that dies', { timeout: 300_000 }, () => {
  const replaced: [string, Kills, RegExp][] = [
    [
      'compiling convolutions',
      { compiling: (label) => label.startsWith('conv-serial/') },
      /^\[.*layer1\.0\.conv1.*\] conv-serial\/\S+: the GPU was lost while it.* was compiled\. In its place: plain-filter\.$/m,
    ],
    [
      'running the first convolution',
      { running: (label) => label.startsWith('stem-serial/') },
      /^\[.*\] stem-serial\/\S+: the GPU was lost while it, or another of \d+ layers, ran\. In its place: plain-first-filter\.$/m,
    ],
    [
      'running the ranking',
      { running: (label) => label.startsWith('top-k/') },
      /^\[top-k\] top-k\/\S*: the GPU was lost while it.* ran\. In its place: plain-ranks\.$/m,
    ],
    [
      'running the image kernels',
      { running: (label) => label.startsWith('image-columns/') },
      /^\[image\] image-columns\/\S*: the GPU was lost while it.* ran\. In its place: plain-photo-tensor\.$/m,
    ],
  ];
  it.each(sampled('kernels at which a GPU dies', replaced, (_, i) => i < 2))(
    '%s is replaced once, and runs plain kernels',
    async (_, kills, told) => {
      const expected = await healthy();
      await withDyingGpu(kills, async ({ devices, deaths }) => {
        const model = await load();
        expectSame(await answer(model), expected);
        expect(deaths).toHaveLength(1);
        expect(devices).toHaveLength(2);
        expect(model.info.warnings.join('\n')).toMatch(told);
        // Later runs have the same kernels, and are right.
        expectSame(await answer(model), expected);
        expect(devices).toHaveLength(2);
        model.dispose();
      });
    },
  );

  it('compiling the plain kernel, too, ends the load in words', async () => {
    await withDyingGpu({ compiling: (label) => /^(linear|plain-dense)\b/.test(label) }, async ({ deaths }) => {
      const error = await failure(load());
      expect(error.code).toBe('device-lost');
      expect(error.layer).toBe('head.fc');
      expect(error.message).toBe(
        '[head.fc] The GPU device was lost while compiling plain-dense: The GPU process died. Update the browser and the graphics driver, or use a smaller input or batch.',
      );
      expect(deaths).toEqual([expect.stringMatching(/^linear\//), 'plain-dense']);
    });
  });

  it('running the plain kernel, too, ends the call in words, and the next ones without another death', async () => {
    await withDyingGpu({ running: (label) => /^(global-pool|plain-mean)\b/.test(label) }, async ({ deaths, devices }) => {
      const model = await load();
      for (let calls = 0; calls < 2; calls++) {
        const error = await failure(model.run(tensor(16, 16, 1)));
        expect(error.code).toBe('device-lost');
        // Step by step, only the kernel that was running.
        expect(error.message).toMatch(/^\[gap\] The GPU device was lost while running plain-mean: The GPU process died\. Update /);
        expect(deaths).toEqual([expect.stringMatching(/^global-pool\//), 'plain-mean']);
      }
      expect(devices).toHaveLength(2);
      model.dispose();
    });
  });

  it('with nothing under way keeps its kernels', async () => {
    const expected = await healthy();
    await withDyingGpu({}, async ({ devices, die }) => {
      const model = await load();
      await answer(model);
      // Outputs that nobody reads are also computed.
      await model.run(tensor(16, 16, 1), { output: 'gpu' });
      await model.device.queue.onSubmittedWorkDone();
      await new Promise((resolve) => setTimeout(resolve));
      die();
      expect(await answer(model)).toEqual(expected);
      expect(devices).toHaveLength(2);
      expect(model.info.warnings).toEqual([]);
      model.dispose();
    });
  });

  it('of outputs that nobody reads gets plain kernels with the next call', async () => {
    const expected = await healthy();
    await withDyingGpu({ running: (label) => label.startsWith('linear/') }, async ({ devices, deaths }) => {
      const model = await load();
      await model.run(tensor(16, 16, 1), { output: 'gpu' }).catch(() => undefined);
      expectSame(await answer(model), expected);
      expect(deaths).toHaveLength(1);
      expect(devices).toHaveLength(2);
      expect(model.info.warnings.join('\n')).toContain('plain-dense');
      model.dispose();
    });
  });

  const inSlices = sampled('GPUs that die in a slice', ['in a slice is told from the others'], () => false);
  it.each(inSlices)('%s', async () => {
    const expected = await healthy();
    await withDyingGpu({ running: (label) => label.startsWith('linear/') }, async ({ deaths }) => {
      const model = await load({ background: true });
      expectSame(await answer(model), expected);
      expect(deaths).toHaveLength(1);
      expect(model.info.warnings.join('\n')).toContain('plain-dense');
      model.dispose();
    });
  });

  it('is remembered by the next load, for a day', async () => {
    const expected = await healthy();
    await withDyingGpu({ running: (label) => label.startsWith('linear/') }, async ({ deaths, devices }) => {
      // Left over from the tests before this one.
      await forget('verified f32', ADAPTER);
      const first = await load({ verify: undefined });
      expectSame(await answer(first), expected);
      first.dispose();
      const second = await load({ verify: undefined });
      expect(second.info.warnings.join('\n')).toContain('plain-dense');
      expectSame(await answer(second), expected);
      second.dispose();
      expect(deaths).toHaveLength(1);
      expect(devices).toHaveLength(3);
      // A device that is told to trust its kernels does.
      const third = await load();
      expect(third.info.warnings).toEqual([]);
      third.dispose();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 3600 * 1000 });
      const later = await load({ verify: undefined });
      expect(later.info.warnings).toEqual([]);
      later.dispose();
      vi.useRealTimers();
    });
  });

  it("the caller's says what it was at, and what to do", async () => {
    const device = await openNodeDevice();
    const deaths: string[] = [];
    dying(device, { running: (label) => label.startsWith('linear/') }, deaths);
    const model = await load({ device });
    const error = await failure(model.run(tensor(16, 16, 1)));
    expect(error.message).toMatch(
      /^\[.* and \d+ more\] The GPU device was lost while .*running .*: The GPU process died\. Make a new device and load the model on it\.$/,
    );
    expect(deaths).toHaveLength(1);
    model.dispose();
  });
});
