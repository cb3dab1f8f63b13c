/** A network that compiles quickly, and every kind of call that a model has. */
import type { Model, Tensor } from '../../src/index.ts';

export const tinySource = {
  arch: {
    type: 'ImageClassifier',
    backbone: {
      type: 'ResNet_CIFAR',
      depth: 18,
      base_channels: 16,
      stem_channels: 16,
      num_stages: 1,
      strides: [1],
      dilations: [1],
      out_indices: [0],
    },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 100, in_channels: 16 },
  },
  weights: { random: 3 },
  preprocess: { resize: { size: 16, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: 16 },
} as const;
/** It has a convolution whose weights are derived on the GPU, like real networks. */
export const tinyOptions = {
  inputSize: [16, 16] as [number, number],
  // This would create buffers of its own meanwhile.
  verify: false,
  tuning: { variants: { '3x3/1x1 16>16 16x16': 'winograd2 direct-8x8-4-64' } },
};

export const image = (width: number, height: number, seed: number) => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * seed + (i >> 5) * 11) & 255),
  width,
  height,
});
export const tensor = (height: number, width: number, seed: number): Tensor => ({
  data: Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * seed)),
  shape: [1, 3, height, width],
});
const photos = [37, 91, 5, 13, 77, 201].map((seed, i) => image(20 + i, 18, seed));

async function logits(running: Promise<{ logits?: Tensor }>): Promise<number[]> {
  return [...((await running).logits?.data ?? [])];
}

/** @param createBuffer creates the input on the GPU; default: on the model's device */
export const everyCall = (createBuffer?: GPUDevice['createBuffer']): Record<string, (model: Model) => Promise<number[]>> => ({
  run: (model) => logits(model.run(tensor(16, 16, 1))),
  'run in slices, another size': (model) => logits(model.run(tensor(12, 20, 1), { background: true })),
  'runs at once': async (model) => (await Promise.all([1, 2].map((seed) => logits(model.run(tensor(16, 16, seed)))))).flat(),
  'run on a GpuTensor': async (model) => {
    // A buffer that the model has not seen before is tested first.
    const { data } = tensor(16, 16, 2);
    const descriptor = { size: data.byteLength, usage: 4 | 8 };
    const buffer = createBuffer?.(descriptor) ?? model.device.createBuffer(descriptor);
    model.device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    try {
      return await logits(model.run({ buffer, offset: 0, shape: [1, 3, 16, 16], layout: 'nchw' }));
    } finally {
      buffer.destroy();
    }
  },
  classify: async (model) => (await model.classify(image(25, 19, 5))).map(({ probability }) => probability),
  'classify many sizes': async (model) => (await model.classify(photos)).flat().map(({ probability }) => probability),
  preprocess: async (model) => [...(await model.preprocess(image(31, 17, 7))).data],
  embed: async (model) => [...(await model.embed(image(25, 19, 5)))],
  explain: async (model) => [...(await model.explain(image(25, 19, 5))).data],
  selfTest: async (model) => [Number((await model.selfTest()).pass)],
  profile: async (model) => [(await model.profile()).layers.length],
  tune: async (model) => [((await model.tune()).measured ?? []).length],
});
