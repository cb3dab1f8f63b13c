/** Inputs and outputs that stay on the GPU, runs recorded into a caller's encoder, runs in slices, ranking on the GPU. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type GpuTensor, loadModel, type Model, type Tensor } from '../../src/index.ts';
import { count } from '../support/device-counts.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, STORAGE: 128 };
const source = {
  arch: {
    type: 'ImageClassifier',
    backbone: { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8, out_indices: [0, 3] },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 300, in_channels: 64 },
  },
  weights: { random: 1 },
} as const;

function tensor(n = 1, size = 32, seed = 1): Tensor {
  const shape = [n, 3, size, size];
  return { data: Float32Array.from({ length: n * 3 * size * size }, (_, i) => Math.sin(i * 0.37 + seed)), shape };
}

let device: GPUDevice;
let model: Model;
let counted: ReturnType<typeof count>;
beforeAll(async () => {
  device = await openNodeDevice();
  counted = count(device);
  model = await loadModel({ ...source, arch: { ...source.arch } }, { device, verify: false, inputSize: [32, 32] });
});
afterAll(() => {
  model.dispose();
  device.destroy();
});

function upload({ data, shape }: Tensor, offset = 0, on = device): GpuTensor {
  const buffer = on.createBuffer({ size: data.byteLength + offset, usage: USAGE.COPY_SRC | USAGE.COPY_DST });
  on.queue.writeBuffer(buffer, offset, data as Float32Array<ArrayBuffer>);
  return { buffer, offset, shape, layout: 'nchw' };
}

function empty(shape: number[], offset = 0): GpuTensor {
  const size = shape.reduce((a, b) => a * b, 4) + offset;
  return { buffer: device.createBuffer({ size, usage: USAGE.COPY_SRC | USAGE.COPY_DST }), offset, shape, layout: 'nchw' };
}

async function download({ buffer, offset, shape }: GpuTensor): Promise<Float32Array> {
  const size = shape.reduce((a, b) => a * b, 4);
  const staging = device.createBuffer({ size, usage: USAGE.MAP_READ | USAGE.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const data = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  return data;
}

describe('tensors on the GPU', () => {
  it('come in and go out with the same bits as on the CPU', async () => {
    const input = tensor(2);
    const expected = await model.run(input);
    expect(await model.run(upload(input, 4))).toEqual(expected);
    for (const given of [input, upload(input)]) {
      const { features, logits } = await model.run(given, { output: 'gpu' });
      expect(logits?.shape).toEqual([2, 300]);
      expect(features.map(({ shape }) => shape)).toEqual(expected.features.map(({ shape }) => shape));
      expect(logits?.layout).toBe('nchw');
      for (const [i, feature] of features.entries()) expect(await download(feature)).toEqual(expected.features[i]?.data);
      expect(await download(logits as GpuTensor)).toEqual(expected.logits?.data);
    }
    expect(await model.run(input, { output: 'cpu' })).toEqual(expected);
  });

  it('go where the caller wants them, and stay', async () => {
    const [a, b] = [tensor(1, 32, 1), tensor(1, 32, 2)];
    const expected = await model.run(a, { features: false, logits: true });
    const into = { logits: empty([1, 300], 12) };
    const result = await model.run(a, { features: false, output: 'gpu', into });
    expect(result.logits).toBe(into.logits);
    await model.run(b);
    expect(await download(into.logits)).toEqual(expected.logits?.data);
  });

  it('are recorded into the encoder of the caller, who submits', async () => {
    const inputs = [1, 2].map((seed) => tensor(1, 32, seed));
    const expected = await Promise.all(inputs.map((input) => model.run(input, { features: false })));
    const places = inputs.map(() => empty([1, 300]));
    const uploaded = inputs.map((input) => upload(input));
    const encoder = device.createCommandEncoder();
    const submit = vi.spyOn(device.queue, 'submit');
    for (const [i, input] of uploaded.entries()) {
      const place = places[i];
      if (place) await model.run(input, { features: false, encoder, into: { logits: place } });
    }
    expect(submit).not.toHaveBeenCalled();
    submit.mockRestore();
    device.queue.submit([encoder.finish()]);
    for (const [i, place] of places.entries()) expect(await download(place)).toEqual(expected[i]?.logits?.data);
  });

  it('cost no allocation and one submit a run', async () => {
    const input = upload(tensor());
    const into = { logits: empty([1, 300]) };
    const run = async () => {
      await model.run(input, { features: false });
      await model.run(input, { features: false, output: 'gpu' });
      await model.run(input, { features: false, output: 'gpu', into });
      const encoder = device.createCommandEncoder();
      await model.run(input, { features: false, encoder });
      device.queue.submit([encoder.finish()]);
    };
    await run();
    const before = { ...counted.made };
    const submit = vi.spyOn(device.queue, 'submit');
    await run();
    expect(submit).toHaveBeenCalledTimes(4);
    submit.mockRestore();
    expect(counted.made).toEqual(before);
  });

  it('take turns with runs that are read back', async () => {
    const inputs = Array.from({ length: 6 }, (_, i) => tensor(1, 32, i));
    const alone: unknown[] = [];
    for (const input of inputs) alone.push((await model.run(input, { features: false })).logits?.data);
    const places = inputs.map(() => empty([1, 300]));
    const together = inputs.map((input, i) =>
      i % 2
        ? model.run(input, { features: false, output: 'gpu', into: { logits: places[i] as GpuTensor } })
        : model.run(upload(input), { features: false }),
    );
    for (const [i, result] of (await Promise.all(together)).entries()) {
      const { logits } = result;
      expect(logits && 'buffer' in logits ? await download(logits) : logits?.data).toEqual(alone[i]);
    }
  });

  it('report what exceeded f16 at the next run that reads', async () => {
    const half = await loadModel({ ...source, arch: { ...source.arch } }, { device, verify: false, inputSize: [32, 32], precision: 'f16' });
    const huge = tensor();
    huge.data.fill(1e6);
    const quiet = { features: false } as const;
    await half.run(huge, { ...quiet, output: 'gpu' });
    await expect(half.run(tensor(), quiet)).rejects.toMatchObject({ code: 'f16-overflow', layer: 'conv1' });
    await expect(half.run(tensor(), quiet)).resolves.toBeDefined();
    half.dispose();
  });

  it('are refused in words where they cannot be used', async () => {
    const other = await openNodeDevice();
    const good = upload(tensor());
    const encoder = device.createCommandEncoder();
    const [smaller, mapped] = [
      device.createBuffer({ size: 4 * 3 * 32 * 32 - 4, usage: USAGE.COPY_SRC }),
      device.createBuffer({ size: 4 * 3 * 32 * 32, usage: USAGE.COPY_SRC, mappedAtCreation: true }),
    ];
    const inputs: [object, object][] = [
      [{ ...good, offset: 2 }, {}],
      [{ ...good, offset: -4 }, {}],
      [{ ...good, layout: 'nhwc' }, {}],
      [{ ...good, buffer: new Float32Array(4) }, {}],
      [{ ...good, buffer: smaller }, {}],
      [{ ...good, buffer: mapped }, {}],
      [{ ...good, buffer: device.createBuffer({ size: 1e5, usage: USAGE.STORAGE }) }, {}],
      [upload(tensor(), 0, other), {}],
      [{ ...good, shape: [1, 1, 32, 32] }, {}],
      [good, { output: 'disk' }],
      [good, { encoder: {} }],
      [good, { encoder, output: 'cpu' }],
      [good, { encoder, background: true }],
      [tensor(), { encoder }],
      [good, { into: {} }],
      [good, { output: 'gpu', into: {} }],
      [good, { output: 'gpu', features: false, into: { logits: empty([1, 299]) } }],
      [good, { output: 'gpu', features: false, into: { logits: { ...empty([1, 300]), buffer: smaller } } }],
    ];
    const refusals: string[] = [];
    for (const [input, options] of inputs) {
      const error = await model.run(input as GpuTensor, options).then(
        () => new Error('accepted'),
        (error: Error & { code?: string }) => error,
      );
      refusals.push(`${'code' in error ? error.code : ''}: ${error.message.replace(/device: .*? Make/s, 'device: … Make')}`);
    }
    expect(refusals).toMatchSnapshot();
    other.destroy();
  });
});

it('tells of an input that is gone by the time of its turn, and gives no numbers of another run', async () => {
  const input = upload(tensor());
  await model.run(input);
  const late = model.run(input);
  input.buffer.destroy();
  await expect(late).rejects.toBeInstanceOf(Error);
  expect((await model.run(tensor())).logits?.shape).toEqual([1, 300]);
});

describe('background', () => {
  it('submits in slices, and gives the same bits', async () => {
    const expected = await model.run(tensor());
    const submit = vi.spyOn(device.queue, 'submit');
    const results = await Promise.all([
      model.run(tensor(), { background: true }),
      model.run(tensor(), { background: true }),
      model.run(tensor()),
    ]);
    for (const result of results) expect(result).toEqual(expected);
    submit.mockRestore();
  });

  it('cuts by multiply-adds, at least a dispatch each', async () => {
    const { slicesOf } = await import('../../src/gpu/background.ts');
    const steps = [0, 5, 5, 20, 1, 1, 0].map((macs) => ({ macs }));
    expect(slicesOf(steps, 10)).toEqual([3, 4, 7]);
    expect(slicesOf(steps, 1)).toEqual([2, 3, 4, 5, 7]);
    expect(slicesOf(steps, 1e9)).toEqual([7]);
  });

  it('is several submits where the network is long, for the whole model or for a call', async () => {
    // 90 million multiply-adds. On a software adapter, 4 ms are at most a few million.
    const big = await loadModel({ arch: 'resnet18', weights: { random: 1 } }, { device, inputSize: [64, 64], background: true });
    const submit = vi.spyOn(device.queue, 'submit');
    const sliced = await big.run(tensor(1, 64));
    expect(submit.mock.calls.length).toBeGreaterThan(3);
    submit.mockClear();
    expect(await big.run(tensor(1, 64), { background: false })).toEqual(sliced);
    expect(submit).toHaveBeenCalledTimes(1);
    submit.mockRestore();
    big.dispose();
  });
});

describe('classification', () => {
  const image = (seed: number) => ({
    data: Uint8Array.from({ length: 40 * 36 * 3 }, (_, i) => (i * 31 + seed * 57) ^ (i >> 3)),
    width: 40,
    height: 36,
  });

  it('ranks on the GPU as it does from the logits', async () => {
    const logits = async (i: number) =>
      (await model.run(await model.preprocess(image(i)), { features: false })).logits?.data ?? new Float32Array();
    const { predict } = await import('../../src/classify/predict.ts');
    const images = [1, 2, 3];
    const all: Float32Array[] = [];
    for (const i of images) all.push(await logits(i));
    for (const topK of [1, 5, 64, 65, 1000]) {
      const ranked = await model.classify(images.map(image), { topK });
      for (const [i, predictions] of ranked.entries()) {
        const expected = predict(all[i] ?? new Float32Array(), { topK });
        expect(predictions.map(({ index, label }) => [index, label])).toEqual(expected.map(({ index, label }) => [index, label]));
        for (const [k, { probability }] of predictions.entries())
          expect(Math.abs(probability - (expected[k]?.probability ?? 0))).toBeLessThan(1e-6);
      }
    }
  });

  it('reads back bytes, in one submit and one pass for the network, and makes nothing when warm', async () => {
    const both = () => Promise.all([model.classify(image(1)), model.classify(image(1), { topK: 3 })]);
    await both();
    const before = { ...counted.made };
    const mapped: number[] = [];
    const create = device.createCommandEncoder.bind(device);
    const passes: string[] = [];
    device.createCommandEncoder = (descriptor) => {
      const encoder = create(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      const copy = encoder.copyBufferToBuffer.bind(encoder) as (...args: unknown[]) => undefined;
      encoder.beginComputePass = (pass) => {
        passes.push(pass?.label ?? '');
        return begin(pass);
      };
      encoder.copyBufferToBuffer = (...args: unknown[]) => {
        mapped.push(args[4] as number);
        return copy(...args);
      };
      return encoder;
    };
    const submit = vi.spyOn(device.queue, 'submit');
    await both();
    device.createCommandEncoder = create;
    expect(submit).toHaveBeenCalledTimes(2);
    submit.mockRestore();
    expect(passes).toEqual(['image', 'network', 'image', 'network']);
    expect(mapped.sort((a, b) => a - b)).toEqual([(2 + 2 * 3) * 4, (2 + 2 * 5) * 4]);
    expect(counted.made).toEqual(before);
  });
});
