/** The life of a model: several at the same time, several sizes, queues, aborts, limits, disposal, and a lost device. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { deviceDescriptor, loadModel, type Model, type Tensor } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { nodeGpu, openNodeDevice } from '../support/node-gpu.ts';
import { withOwnDevice } from '../support/own-device.ts';

const config = {
  type: 'ImageClassifier',
  backbone: { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'LinearClsHead', num_classes: 10, in_channels: 64 },
} as const;

const source = { arch: config, weights: { random: 1 } };

function tensor(n = 1, size = 32, seed = 1): Tensor {
  const shape = [n, 3, size, size];
  return { data: Float32Array.from({ length: n * 3 * size * size }, (_, i) => Math.sin(i * 0.37 + seed)), shape };
}

/** Pretends that the device can only bind this many bytes. Returns a function that undoes it. */
function limitBinding(device: GPUDevice, bytes: number): () => void {
  const { limits } = device;
  const pretend = (value: GPUSupportedLimits) => Object.defineProperty(device, 'limits', { value, configurable: true });
  pretend(
    new Proxy(limits, { get: (target, name) => (name === 'maxStorageBufferBindingSize' ? bytes : Reflect.get(target, name, target)) }),
  );
  return () => pretend(limits);
}

describe('on a device of the caller', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openNodeDevice();
  });

  it('works with default limits and gives every byte back', async () => {
    const counted = count(device);
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    await model.run(tensor());
    const { weights, activations, staging } = model.memory();
    expect(weights + activations + staging).toBe(counted.bytes());
    expect(weights).toBeGreaterThan(model.info.parameters * 4);
    model.dispose();
    model.dispose();
    expect(counted.bytes()).toBe(0);
    await expect(model.run(tensor())).rejects.toMatchObject({ code: 'disposed' });
    // The device belongs to the caller and stays.
    device.createBuffer({ size: 4, usage: 8 }).destroy();
  });

  it('makes nothing in a warm run', async () => {
    const counted = count(device);
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    const image = { data: new Uint8Array(48 * 40 * 3).map((_, i) => i * 7), width: 48, height: 40 };
    await model.run(tensor());
    await model.classify(image);
    await model.classify(image);
    const before = { ...counted.made };
    await model.run(tensor());
    await model.classify(image);
    expect(counted.made).toEqual(before);
    model.dispose();
  });

  it('submits once and opens one pass for an inference', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    await model.run(tensor());
    const submit = vi.spyOn(device.queue, 'submit');
    const encoder = vi.spyOn(device, 'createCommandEncoder');
    await model.run(tensor());
    expect(submit).toHaveBeenCalledTimes(1);
    expect(encoder).toHaveBeenCalledTimes(1);
    submit.mockRestore();
    encoder.mockRestore();
    model.dispose();
  });

  it('gives the same bits every time, at every batch size, beside other models and sizes', async () => {
    const [a, b] = await Promise.all([loadModel(source, { device }), loadModel({ ...source, weights: { random: 2 } }, { device })]);
    const first = await a.run(tensor());
    const other = await b.run(tensor());
    expect(other.logits?.data).not.toEqual(first.logits?.data);
    for (const size of [64, 33, 48, 40, 56, 72]) await a.run(tensor(1, size));
    const [again, batch] = await Promise.all([a.run(tensor()), a.run(tensor(3))]);
    expect(again.logits?.data).toEqual(first.logits?.data);
    expect(batch.logits?.shape).toEqual([3, 10]);
    expect(batch.logits?.data.slice(0, 10)).toEqual(first.logits?.data);
    a.dispose();
    b.dispose();
  });

  it('keeps the activations of a few sizes only', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    for (let size = 32; size <= 64; size += 4) await model.run(tensor(1, size));
    const held = model.memory().activations;
    for (let size = 32; size <= 64; size += 4) await model.run(tensor(1, size));
    expect(model.memory().activations).toBeLessThanOrEqual(held);
    model.dispose();
  });

  it('queues calls and answers each with its own result', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    const inputs = Array.from({ length: 8 }, (_, i) => tensor(1, 32, i));
    const alone: Float32Array[] = [];
    for (const input of inputs) alone.push((await model.run(input)).logits?.data ?? new Float32Array());
    const together = await Promise.all(inputs.map((input) => model.run(input)));
    together.forEach(({ logits }, i) => {
      expect(logits?.data).toEqual(alone[i]);
    });
    model.dispose();
  });

  it('never starts a queued call that is aborted, and goes on with the next', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    await model.run(tensor());
    const submit = vi.spyOn(device.queue, 'submit');
    const controller = new AbortController();
    const running = [model.run(tensor()), model.run(tensor())];
    const aborted = model.run(tensor(), { signal: controller.signal });
    const after = model.run(tensor());
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted', name: 'AbortError' });
    await Promise.all([...running, after]);
    expect(submit).toHaveBeenCalledTimes(3);
    submit.mockRestore();
    model.dispose();
  });

  it('rejects calls under way when it is disposed', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    const running = Promise.allSettled([model.run(tensor()), model.run(tensor()), model.run(tensor())]);
    model.dispose();
    for (const result of await running) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'disposed' } });
  });

  it('chooses outputs per call', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    const both = await model.run(tensor(), { features: [0, 3], logits: true });
    expect(both.features.map(({ shape }) => shape)).toEqual([
      [1, 8, 8, 8],
      [1, 64, 1, 1],
    ]);
    expect(both.logits?.shape).toEqual([1, 10]);
    expect((await model.run(tensor(), { features: [1], logits: false })).logits).toBeUndefined();
    await expect(model.run(tensor(), { features: [7] })).rejects.toMatchObject({ code: 'usage' });
    await expect(model.run(tensor(), { features: false, logits: false })).rejects.toMatchObject({ code: 'usage' });
    model.dispose();
  });

  it('joins the slices of a batch branch by branch where the network stacks branches', async () => {
    const arch = {
      type: 'mmdet.TridentResNet',
      depth: 50,
      num_branch: 3,
      test_branch_idx: -1,
      trident_dilations: [1, 2, 3],
      base_channels: 2,
      num_stages: 3,
      strides: [1, 2, 2],
      dilations: [1, 1, 1],
      out_indices: [2],
    };
    const model = await loadModel({ arch, weights: { random: 3 } }, { device, verify: false, inputSize: [32, 32] });
    const [whole] = (await model.run(tensor(3))).features;
    const unlimited = limitBinding(device, 30_000);
    try {
      const submit = vi.spyOn(device.queue, 'submit');
      const other = await loadModel({ arch, weights: { random: 3 } }, { device, verify: false, inputSize: [32, 32] });
      expect((await other.run(tensor(3))).features[0]).toEqual(whole);
      expect(submit.mock.calls.length).toBeGreaterThan(1);
      submit.mockRestore();
      other.dispose();
    } finally {
      unlimited();
    }
    model.dispose();
  });

  it('counts the dispatches from the input to the logits, whatever else is asked for', async () => {
    const library = await loadModel(
      { arch: { library: 'torchvision', entrypoint: 'resnet18' }, weights: { random: 1 } },
      { device, verify: false, inputSize: [32, 32] },
    );
    expect(library.info.dispatches).toBe(23);
    library.dispose();
  });

  it('ends the download of a load that fails', async () => {
    let cancelled = false;
    const weights = new ReadableStream<Uint8Array>({
      // As slow as a network. A call that never waits would leave no turn to anything else.
      pull: async (controller) => {
        await new Promise((resolve) => setTimeout(resolve));
        controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(loadModel({ arch: 'resnet5000', weights }, { device })).rejects.toMatchObject({ code: 'unknown-arch' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(cancelled).toBe(true);
  });

  it('refuses calls that make no sense', async () => {
    // @ts-expect-error: what JavaScript callers do
    await expect(loadModel(undefined)).rejects.toMatchObject({ code: 'usage' });
    // @ts-expect-error: what JavaScript callers do
    await expect(loadModel({ arch: 'resnet18', weights: null }, { device })).rejects.toMatchObject({ code: 'usage', layer: 'weights' });
    // @ts-expect-error: what JavaScript callers do
    await expect(loadModel(source, { device, inputSize: 32 })).rejects.toMatchObject({ code: 'usage', layer: 'inputSize' });
  });

  it('refuses inputs that do not fit', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    await expect(model.run({ data: new Float32Array(3), shape: [3] })).rejects.toMatchObject({ code: 'shape' });
    await expect(model.run({ data: new Float32Array(32 * 32), shape: [1, 1, 32, 32] })).rejects.toMatchObject({ code: 'shape' });
    await expect(model.run({ data: new Float32Array(5), shape: [1, 3, 32, 32] })).rejects.toMatchObject({ code: 'shape' });
    model.dispose();
  });

  it('refuses labels that are more or fewer than the classes', async () => {
    await expect(loadModel({ ...source, labels: ['a', 'b'] }, { device })).rejects.toMatchObject({ code: 'usage', layer: 'labels' });
  });

  it('reports a value beyond the range of f16 and names the layer', async () => {
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32], precision: 'f16' });
    await expect(model.run(tensor())).resolves.toBeDefined();
    const huge = tensor();
    huge.data.fill(1e6);
    await expect(model.run(huge)).rejects.toMatchObject({ code: 'f16-overflow', layer: 'conv1' });
    await expect(model.run(tensor())).resolves.toBeDefined();
    model.dispose();
  });

  it('passes its self test in f32 and f16, and profiles every dispatch', async () => {
    for (const precision of ['f32', 'f16'] as const) {
      const model = await loadModel(source, { device, verify: false, inputSize: [32, 32], precision });
      const report = await model.selfTest();
      expect(report.report).toContain('pass');
      expect(report).toMatchObject({ pass: true, firstBad: undefined });
      expect(report.layers.map(({ name }) => name)).toContain('layer4.1.conv2');
      const { layers, totalUs } = await model.profile();
      expect(layers).toHaveLength(model.info.dispatches + model.info.auxiliaryDispatches);
      expect(totalUs).toBeGreaterThan(0);
      model.dispose();
    }
  });

  it('splits a batch that the device cannot bind at once', async () => {
    const model = await loadModel(source, { device, inputSize: [64, 64] });
    const one = await model.run(tensor(1, 64));
    const submit = vi.spyOn(device.queue, 'submit');
    const unlimited = limitBinding(device, 120_000);
    try {
      const many = await model.run(tensor(5, 64));
      expect(submit.mock.calls.length).toBeGreaterThan(1);
      expect(many.logits?.shape).toEqual([5, 10]);
      expect(many.logits?.data.slice(0, 10)).toEqual(one.logits?.data);
      await expect(model.run(tensor(1, 640))).rejects.toMatchObject({ code: 'device-limits' });
    } finally {
      unlimited();
      submit.mockRestore();
      model.dispose();
    }
  });
});

// A new device compiles every shader again, which takes a software adapter seconds.
describe('when the device is lost', { timeout: 240_000 }, () => {
  async function logits(model: Model): Promise<Float32Array | undefined> {
    return (await model.run(tensor())).logits?.data;
  }

  it('recovers when idle', () =>
    withOwnDevice(async (devices) => {
      const model = await loadModel(source, { inputSize: [32, 32], verify: false });
      const before = await logits(model);
      devices[0]?.destroy();
      await devices[0]?.lost;
      expect(await logits(model)).toEqual(before);
      expect(devices).toHaveLength(2);
      model.dispose();
    }));

  it('recovers during runs and repeats them', () =>
    withOwnDevice(async (devices) => {
      const model = await loadModel(source, { inputSize: [32, 32], verify: false });
      const before = await logits(model);
      const running = [logits(model), logits(model), logits(model)];
      devices[0]?.destroy();
      for (const result of await Promise.all(running)) expect(result).toEqual(before);
      expect(devices).toHaveLength(2);
      model.dispose();
    }));

  it('recovers during load', () =>
    withOwnDevice(async (devices) => {
      const loading = loadModel(source, {
        inputSize: [32, 32],
        onProgress: ({ phase }) => {
          if (phase === 'upload' && devices.length === 1) devices[0]?.destroy();
        },
      });
      const model = await loading;
      expect(await logits(model)).toHaveLength(10);
      expect(devices).toHaveLength(2);
      model.dispose();
    }));

  it('opens the checkpoint again, but says so where it was a stream', () =>
    withOwnDevice(async (devices) => {
      const file = readFileSync(new URL('../goldens/formats/fp16/weights.safetensors', import.meta.url));
      const arch = JSON.parse(readFileSync(new URL('../goldens/formats/fp16/case.json', import.meta.url), 'utf8')).config;
      const blob = await loadModel({ arch, weights: new Blob([file]) }, { inputSize: [32, 32] });
      const before = (await blob.run(tensor())).features[0]?.data;
      devices[0]?.destroy();
      expect((await blob.run(tensor())).features[0]?.data).toEqual(before);
      blob.dispose();

      const stream = await loadModel({ arch, weights: new Blob([file]).stream() }, { inputSize: [32, 32] });
      devices.at(-1)?.destroy();
      await devices.at(-1)?.lost;
      // Not only the first call: a model whose weights are gone must never answer.
      for (let i = 0; i < 3; i++) await expect(stream.run(tensor())).rejects.toMatchObject({ code: 'device-lost' });
      stream.dispose();
    }));

  it('tries again where the weights could not be fetched again, and lets no call in before they are there', () =>
    withOwnDevice(async (devices) => {
      const file = readFileSync(new URL('../goldens/formats/fp16/weights.safetensors', import.meta.url));
      const arch = JSON.parse(readFileSync(new URL('../goldens/formats/fp16/case.json', import.meta.url), 'utf8')).config;
      let fetches = 0;
      vi.stubGlobal('fetch', async () => {
        fetches++;
        if (fetches === 2) throw new TypeError('Failed to fetch');
        await new Promise((resolve) => setTimeout(resolve, 50));
        return new Response(Uint8Array.from(file));
      });
      const model = await loadModel({ arch, weights: 'https://models.test/w.safetensors' }, { inputSize: [32, 32] });
      const features = async () => (await model.run(tensor())).features[0]?.data;
      const before = await features();
      devices[0]?.destroy();
      await devices[0]?.lost;
      await expect(features()).rejects.toMatchObject({ code: 'network' });
      const [first, second] = await Promise.all([features(), new Promise((resolve) => setTimeout(resolve, 20)).then(features)]);
      expect(first).toEqual(before);
      expect(second).toEqual(before);
      expect(fetches).toBe(3);
      model.dispose();
    }));

  it('leaves no device behind when it is disposed while it recovers', () =>
    withOwnDevice(async (devices) => {
      const model = await loadModel(source, { inputSize: [32, 32], verify: false });
      devices[0]?.destroy();
      await devices[0]?.lost;
      const running = model.run(tensor());
      model.dispose();
      await expect(running).rejects.toMatchObject({ code: 'disposed' });
      for (const device of devices) await device.lost;
    }));

  it('tells the caller whose device it was', async () => {
    const device = await openNodeDevice();
    const model = await loadModel(source, { device, verify: false, inputSize: [32, 32] });
    device.destroy();
    await device.lost;
    await expect(model.run(tensor())).rejects.toMatchObject({ code: 'device-lost', hint: expect.stringContaining('new device') });
    model.dispose();
  });

  it('asks an adapter for more than the defaults only where it has more', async () => {
    const adapter = await (await nodeGpu()).requestAdapter();
    if (!adapter) throw new Error('no adapter');
    const descriptor = deviceDescriptor(adapter);
    expect(descriptor.requiredLimits?.maxBufferSize).toBe(adapter.limits.maxBufferSize);
    const device = await adapter.requestDevice(descriptor);
    expect(device.limits.maxTextureDimension2D).toBe(adapter.limits.maxTextureDimension2D);
    expect(device.limits.maxComputeInvocationsPerWorkgroup).toBeGreaterThanOrEqual(256);
    device.destroy();
  });
});
