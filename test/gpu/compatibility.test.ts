/** Devices in compatibility mode, which grant half of the threads, and browsers that hide which GPU it is. */
import { afterAll, expect, it } from 'vitest';
import { requestDevice } from '../../src/gpu/device.ts';
import { type ClassifierConfig, loadModel, type Tensor } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { nodeGpu, openNodeDevice } from '../support/node-gpu.ts';
import { posing } from '../support/posing.ts';

const adapter = await (await nodeGpu()).requestAdapter({ featureLevel: 'compatibility' });
const low = await adapter?.requestDevice();
const core = await openNodeDevice();
afterAll(() => {
  low?.destroy();
  core.destroy();
});

const arch = {
  type: 'ImageClassifier',
  backbone: {
    type: 'SEResNet',
    depth: 50,
    se_ratio: 4,
    // Else what a block's convolutions compute would be multiplied by zero.
    zero_init_residual: false,
    base_channels: 16,
    stem_channels: 16,
    num_stages: 1,
    strides: [1],
    dilations: [1],
    out_indices: [0],
  },
  neck: { type: 'GlobalAveragePooling' },
  head: { type: 'LinearClsHead', num_classes: 200, in_channels: 64 },
} as unknown as ClassifierConfig;
const size = 40;
const input: Tensor = { data: Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i * 0.37)), shape: [1, 3, size, size] };
const photo = { data: Uint8Array.from({ length: 70 * 50 * 3 }, (_, i) => (i * 37 + (i >> 5) * 11) & 255), width: 70, height: 50 };
const preprocess = { resize: { size, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: size } as const;

async function answers(device: GPUDevice, precision: 'f32' | 'f16'): Promise<{ values: Tensor; warnings: string[] }> {
  const model = await loadModel(
    { arch, weights: { random: 3 }, preprocess },
    { device, precision, inputSize: [size, size], verify: false },
  );
  const { logits } = await model.run(input);
  const [best] = await model.classify(photo, { topK: 1 });
  const all = [...(logits?.data ?? []), best?.index ?? -1, best?.probability ?? -1];
  const { warnings } = model.info;
  model.dispose();
  return { values: { data: Float32Array.from(all), shape: [all.length] }, warnings };
}

it.each([
  // Processors take no more in any case.
  ['software', 'f32', []],
  ['software', 'f16', []],
  [
    'hidden',
    'f32',
    [expect.stringMatching(/^\[.+\] \S+: it takes 256 threads in a workgroup, and this device has 128\. In its place: plain-\S+\.$/)],
  ],
] as const)('kernels chosen as for %s in %s are within what is granted', { timeout: 1_800_000 }, async (pose, precision, told) => {
  if (!low) throw new Error('Dawn gives no adapter in compatibility mode');
  expect(low.limits.maxComputeInvocationsPerWorkgroup).toBe(128);
  const expected = await answers(posing(core, pose, []), precision);
  expect(expected.warnings).toEqual([]);
  const actual = await answers(posing(low, pose, []), precision);
  expect(difference(actual.values, expected.values).relative).toBeLessThan(precision === 'f32' ? 1e-5 : 5e-3);
  // None was tried and refused.
  expect(actual.warnings.slice(0, 1)).toEqual(told);
  expect(actual.warnings.join('\n')).not.toContain('the driver refused');
});

it('a device of the library is in compatibility mode where there is no other adapter, and its answers are right', {
  timeout: 1_800_000,
}, async () => {
  const gpu = await nodeGpu();
  const onlyLow = {
    requestAdapter: async (options: GPURequestAdapterOptions) =>
      options.featureLevel === 'compatibility' ? gpu.requestAdapter(options) : null,
  } as unknown as GPU;
  const own = await requestDevice(undefined, async () => onlyLow);
  const expected = await answers(core, 'f32');
  const actual = await answers(own, 'f32');
  own.destroy();
  expect(difference(actual.values, expected.values).relative).toBeLessThan(1e-5);
});
