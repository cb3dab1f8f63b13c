/** Tensors on the GPU, runs in slices, and the ranking of many classes, with the browsers' own WebGPU. */
import { type GpuTensor, loadModel, type Model, type Tensor } from '../../src/index.ts';
import type { BrowserCase, List } from '../harness/case.ts';

const SIZE = 32;
const CLASSES = 700;
const arch = {
  type: 'ImageClassifier',
  backbone: { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'LinearClsHead', num_classes: CLASSES, in_channels: 64 },
};

export const list: List = async ({ device }) => {
  const item = (name: string, use: (model: Model, device: GPUDevice) => Promise<void>): BrowserCase => ({
    name: `gpu-tensors/${name}`,
    run: async () => {
      const model = await loadModel({ arch, weights: { random: 1 } }, { device, inputSize: [SIZE, SIZE], verify: false });
      try {
        await use(model, device);
      } finally {
        model.dispose();
      }
      return undefined;
    },
  });
  return [
    item('come in and go out, and are recorded into an encoder', checkTensors),
    item('of another device are refused', checkOtherDevices),
    item('a run in the background gives the same bits', checkBackground),
    item('700 classes are ranked as their logits say', checkRanking),
    item('a stream of frames is classified in order', checkStream),
  ];
};

function input(seed: number): Tensor {
  return { data: Float32Array.from({ length: 3 * SIZE * SIZE }, (_, i) => Math.sin(i * 0.37 + seed)), shape: [1, 3, SIZE, SIZE] };
}

function upload({ data, shape }: Tensor, device: GPUDevice): GpuTensor {
  const buffer = device.createBuffer({ size: data.byteLength, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return { buffer, offset: 0, shape, layout: 'nchw' };
}

/** Destroys the buffer. */
async function download({ buffer }: GpuTensor, device: GPUDevice): Promise<Float32Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const data = new Float32Array(staging.getMappedRange().slice(0));
  staging.destroy();
  buffer.destroy();
  return data;
}

function expectSame(actual: Float32Array | undefined, expected: Float32Array | undefined, what: string): void {
  if (!expected?.length || String(actual) !== String(expected)) throw new Error(`${what} has other logits`);
}

async function checkTensors(model: Model, device: GPUDevice): Promise<void> {
  const expected = (await model.run(input(1))).logits?.data;
  const given = upload(input(1), device);
  expectSame((await model.run(given)).logits?.data, expected, 'an input on the GPU');
  for (const own of [true, false]) {
    const logits: GpuTensor = upload({ data: new Float32Array(CLASSES), shape: [1, CLASSES] }, device);
    const encoder = device.createCommandEncoder();
    const into = { logits };
    await (own ? model.run(given, { encoder, into }) : model.run(given, { output: 'gpu', into }));
    if (own) device.queue.submit([encoder.finish()]);
    expectSame(await download(logits, device), expected, own ? 'a recorded run' : 'an output on the GPU');
  }
  given.buffer.destroy();
}

async function checkOtherDevices(model: Model): Promise<void> {
  const other = await (await navigator.gpu.requestAdapter())?.requestDevice();
  if (!other) throw new Error('no second device');
  const error = await model.run(upload(input(1), other)).then(
    () => 'accepted',
    ({ code, message }: { code?: string; message: string }) => `${code}: ${message}`,
  );
  other.destroy();
  if (!/^usage: \[input\] The buffer cannot be used on the model's device/.test(error)) throw new Error(error);
}

async function checkBackground(model: Model): Promise<void> {
  const expected = (await model.run(input(2))).logits?.data;
  const runs = await Promise.all([true, false, true].map((background) => model.run(input(2), { background })));
  for (const { logits } of runs) expectSame(logits?.data, expected, 'a run in slices');
}

const image = (seed: number) => ({
  data: Uint8Array.from({ length: 40 * 36 * 3 }, (_, i) => (i * 31 + seed * 57) ^ (i >> 3)),
  width: 40,
  height: 36,
});

async function checkRanking(model: Model): Promise<void> {
  const { data } = (await model.run(await model.preprocess(image(3)))).logits ?? { data: new Float32Array() };
  const order = [...data.keys()].sort((a, b) => (data[b] ?? 0) - (data[a] ?? 0) || a - b);
  const sum = data.reduce((total, logit) => total + Math.exp(logit - (data[order[0] ?? 0] ?? 0)), 0);
  for (const topK of [1, 5, 64]) {
    const predictions = await model.classify(image(3), { topK });
    if (predictions.length !== topK) throw new Error(`${predictions.length} of ${topK} classes`);
    predictions.forEach(({ index, probability }, rank) => {
      const expected = Math.exp((data[order[rank] ?? 0] ?? 0) - (data[order[0] ?? 0] ?? 0)) / sum;
      if (index !== order[rank] || Math.abs(probability - expected) > 1e-6) {
        throw new Error(`rank ${rank} is class ${index} with ${probability}, not ${order[rank]} with ${expected}`);
      }
    });
  }
}

async function checkStream(model: Model): Promise<void> {
  const expected: number[] = [];
  for (let i = 0; i < 4; i++) expected.push((await model.classify(image(i), { topK: 1 }))[0]?.index ?? -1);
  let made = 0;
  const seen: number[] = [];
  const source = () => (made < 4 ? image(made++) : undefined);
  await model.stream(source, ([best]) => void seen.push(best?.index ?? -1), { topK: 1 });
  if (String(seen) !== String(expected)) throw new Error(`the stream gives ${seen}, the images ${expected}`);
}
