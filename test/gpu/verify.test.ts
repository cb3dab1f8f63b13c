/** Kernels that a driver compiles but computes wrongly, from their first dispatch on or later: they must be found, replaced and reported. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import { buildGraph, type ClassifierConfig, loadModel, type Model, type Tensor } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { type Pose, posing } from '../support/posing.ts';
import { corrupting, refusing } from '../support/refusing.ts';

const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });
afterAll(() => device.destroy());

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
const layers = buildGraph(arch, input.shape).nodes.map(({ name }) => name);

/** Verdicts are stored under the GPU's description, so each case has another one. */
let count = 0;
function another(pose: Pose): GPUDevice {
  const on = posing(device, pose);
  const { vendor, architecture, subgroupMinSize, subgroupMaxSize } = on.adapterInfo;
  const info = { vendor, architecture, description: `case ${count++}`, device: pose === 'software' ? 'SwiftShader' : '' };
  Object.assign(on, { adapterInfo: { ...info, subgroupMinSize, subgroupMaxSize, isFallbackAdapter: false } });
  return on;
}

const load = (on: GPUDevice, verify: boolean | undefined, precision: 'f32' | 'f16' = 'f32') =>
  loadModel({ arch, weights: { random: 3 }, preprocess }, { device: on, precision, inputSize: [size, size], verify });

async function answers(model: Model): Promise<Tensor> {
  const { logits } = await model.run(input);
  const predictions = await model.classify(photo, { topK: 5 });
  const all = [...(logits?.data ?? []), ...predictions.flatMap(({ index, probability }) => [index, probability])];
  return { data: Float32Array.from(all), shape: [all.length] };
}

async function verified(model: Model): Promise<NonNullable<Model['info']['verified']>> {
  for (;;) {
    const { verified } = model.info;
    if (verified) return verified;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each<[Pose, 'f32' | 'f16']>([
  ['software', 'f32'],
  ['nvidia', 'f16'],
])('on %s in %s', (pose, precision) => {
  const tolerance = precision === 'f32' ? 1e-4 : 5e-3;

  test('a GPU without faults has every kernel checked once', { timeout: 600_000 }, async () => {
    const clean = another(pose);
    const { made } = refusing(clean, () => false);
    const model = await load(clean, undefined, precision);
    expect(model.info.verified).toBeUndefined();
    const before = [...made].map((label) => label.split('/').slice(0, -1).join('/'));
    await answers(model);
    const { checked, replaced, unchecked } = await verified(model);
    expect({ replaced, unchecked, warnings: model.info.warnings }).toEqual({ replaced: [], unchecked: [], warnings: [] });
    expect(before.filter((kernel) => !checked.includes(kernel))).toEqual([]);
    model.dispose();
    const again = await load(clean, true, precision);
    expect(again.info.verified).toEqual({ checked: [], replaced: [], unchecked: [] });
    again.dispose();
    const never = await load(clean, false, precision);
    await answers(never);
    expect(never.info.verified).toBeUndefined();
    never.dispose();
  });

  test('kernels that are wrong are found and replaced', { timeout: 1_800_000 }, async () => {
    const clean = another(pose);
    const { made } = refusing(clean, () => false);
    const whole = await load(clean, false, precision);
    const expected = await answers(whole);
    whole.dispose();
    const kinds = [...new Set([...made].map((label) => label.split('/')[0] ?? ''))];
    const some = sampled('kernels that compute wrongly', kinds, (_, i) => i % 5 === (pose === 'software' ? 0 : 1));
    for (const kind of some) {
      for (const from of process.env.FULL ? [1, 3] : [1]) {
        const sick = another(pose);
        corrupting(sick, (label) => label.startsWith(`${kind}/`), from);
        const model = await load(sick, true, precision);
        const { replaced } = model.info.verified ?? { replaced: [] };
        expect(
          replaced.filter((kernel) => kernel.startsWith(`${kind}/`)),
          `${kind} from dispatch ${from}`,
        ).not.toEqual([]);
        expect(difference(await answers(model), expected).relative, `${kind}: ${model.info.warnings.join('\n')}`).toBeLessThan(tolerance);
        const told = model.info.warnings.filter((warning) => warning.includes(` ${kind}/`));
        expect(told, model.info.warnings.join('\n')).not.toEqual([]);
        for (const warning of told) {
          const named = /^\[([^\]]+)\]/.exec(warning)?.[1]?.split(', ') ?? [];
          expect(named.length).toBeGreaterThan(0);
          for (const layer of named) expect([...layers, 'image', 'top-k']).toContain(layer);
        }
        model.dispose();
      }
    }
  });

  test.each([
    ['excite', 1, 1],
    ['image-rows', 3, 1],
    ['linear', 2, 2],
    // The result of the first run stays there.
    ['global-pool', 2, 1],
  ])(
    '%s that is wrong from dispatch %i on, every %i, is found, and nothing else is replaced',
    { timeout: 600_000 },
    async (kind, from, every) => {
      const sick = another(pose);
      const clean = await load(sick, false, precision);
      const expected = await answers(clean);
      clean.dispose();
      corrupting(sick, (label) => label.startsWith(`${kind}/`), from, undefined, every);
      const model = await load(sick, true, precision);
      expect(model.info.verified?.replaced).toEqual([expect.stringMatching(`^${kind}/`)]);
      expect(difference(await answers(model), expected).relative).toBeLessThan(tolerance);
      model.dispose();
    },
  );

  test('one that goes wrong after the first result is found after it', { timeout: 600_000 }, async () => {
    const sick = another(pose);
    const kind = pose === 'software' ? 'conv-serial' : 'conv-tiled';
    const model = await load(sick, undefined, precision);
    const expected = await answers(model);
    corrupting(sick, (label) => label.startsWith(`${kind}/`), 2);
    const { replaced } = await verified(model);
    expect(replaced.filter((kernel) => kernel.startsWith(`${kind}/`))).not.toEqual([]);
    expect(difference(await answers(model), expected).relative).toBeLessThan(tolerance);
    model.dispose();
    // The next model on this GPU knows it.
    const next = await load(sick, true, precision);
    expect(difference(await answers(next), expected).relative).toBeLessThan(tolerance);
    next.dispose();
  });

  test('a fault that is known is left out before the first result of the next model', { timeout: 600_000 }, async () => {
    const sick = another(pose);
    const clean = await load(sick, false, precision);
    const expected = await answers(clean);
    clean.dispose();
    // Not a convolution. Only its kernel, variant and constants are stored.
    corrupting(sick, (label) => label.startsWith('linear/'), 1);
    const first = await load(sick, true, precision);
    expect(first.info.verified?.replaced.join()).toContain('linear/');
    first.dispose();
    const next = await load(sick, undefined, precision);
    expect(difference(await answers(next), expected).relative).toBeLessThan(tolerance);
    next.dispose();
  });

  test('one that nothing can replace is told', { timeout: 600_000 }, async () => {
    const sick = another(pose);
    corrupting(sick, (label) => /^(linear|plain-dense|top-k|plain-ranks)\b/.test(label), 1);
    const model = await load(sick, true, precision);
    const { replaced, unchecked } = model.info.verified ?? { replaced: [], unchecked: [] };
    expect(unchecked.join()).toMatch(/linear\/.*top-k\//);
    expect(replaced.join()).not.toMatch(/top-k/);
    const told = model.info.warnings.filter((warning) => warning.includes('results may be wrong'));
    expect(told.join('\n')).toMatch(/\[(fc|head\.fc)\] linear\/.*\n.*\[top-k\] top-k\//s);
    model.dispose();
  });
});

// A run with a blank image follows the compilation, before anything is checked.
test.each([true, undefined])(
  'one whose values are beyond f16 does not end the load with verify: %s',
  { timeout: 600_000 },
  async (verify) => {
    const clean = await load(another('nvidia'), false, 'f16');
    const expected = await answers(clean);
    clean.dispose();
    const sick = another('nvidia');
    const { createShaderModule } = sick;
    sick.createShaderModule = (descriptor) => {
      const isMeant = descriptor.label?.startsWith('excite/');
      return createShaderModule.call(sick, {
        ...descriptor,
        code: isMeant ? descriptor.code.replaceAll(/-?65504/g, '1') : descriptor.code,
      });
    };
    const model = await load(sick, verify, 'f16');
    expect(model.info.verified?.replaced).toEqual([expect.stringMatching(/^excite\//)]);
    expect(difference(await answers(model), expected).relative).toBeLessThan(5e-3);
    model.dispose();
  },
);

// Nothing runs before the first call there, which fails.
test('one whose values are beyond f16 is found after a first call that fails on a software adapter', { timeout: 600_000 }, async () => {
  const clean = await load(another('software'), false, 'f16');
  const expected = await answers(clean);
  clean.dispose();
  const sick = another('software');
  const { createShaderModule } = sick;
  sick.createShaderModule = (descriptor) => {
    const isMeant = descriptor.label?.startsWith('excite/');
    return createShaderModule.call(sick, { ...descriptor, code: isMeant ? descriptor.code.replaceAll(/-?65504/g, '1') : descriptor.code });
  };
  const model = await load(sick, undefined, 'f16');
  await expect(answers(model)).rejects.toMatchObject({ code: 'f16-overflow' });
  await vi.waitFor(() => expect(model.info.verified).toBeDefined(), { timeout: 300_000, interval: 100 });
  expect(model.info.verified?.replaced).toEqual([expect.stringMatching(/^excite\//)]);
  expect(difference(await answers(model), expected).relative).toBeLessThan(5e-3);
  model.dispose();
});

test('one that is refused in the place of one that is wrong is not taken', { timeout: 600_000 }, async () => {
  const clean = await load(another('software'), false);
  const expected = await answers(clean);
  clean.dispose();
  const sick = another('software');
  corrupting(sick, (label) => label.startsWith('conv-serial/'), 1);
  refusing(sick, (label) => label.startsWith('conv/direct-1x16'));
  const model = await load(sick, true);
  expect(model.info.verified?.replaced.join()).toContain('conv-serial/');
  expect(model.info.warnings.join('\n')).toMatch(
    / conv\/direct-1x16\S*: the driver refused it \(driver says no\)\. In its place: conv\/direct-\S+\.$/m,
  );
  expect(difference(await answers(model), expected).relative).toBeLessThan(1e-4);
  model.dispose();
});

// Half a minute of CPU time: a dozen kernels with 64 channels.
if (process.env.FULL) {
  test('of a convolution in three steps all are replaced where one is wrong, and nothing else', { timeout: 600_000 }, async () => {
    const { se_ratio: _, ...rest } = arch.backbone as unknown as Record<string, unknown>;
    const backbone = { ...rest, type: 'ResNet', depth: 18, base_channels: 64 };
    const network = { ...arch, backbone } as unknown as ClassifierConfig;
    const small = { ...input, data: input.data.slice(0, 3 * 24 * 24), shape: [1, 3, 24, 24] };
    const on = (device: GPUDevice, verify: boolean) =>
      loadModel({ arch: network, weights: { random: 3 } }, { device, precision: 'f32', inputSize: [24, 24], verify });
    const clean = await on(another('nvidia'), false);
    const { logits: expected } = await clean.run(small);
    clean.dispose();
    const sick = another('nvidia');
    corrupting(sick, (label) => label.startsWith('winograd-output/'), 1);
    const model = await on(sick, true);
    const { replaced = [] } = model.info.verified ?? {};
    expect(replaced.map((name) => name.replace(/^conv-tiled.winograd.*/, 'the middle').split('/')[0]).sort()).toEqual([
      'the middle',
      'winograd-input',
      'winograd-output',
      'winograd-weights',
    ]);
    expect(model.info.warnings.join('\n')).not.toMatch(/\] (conv-tiled\/tiled|stem)/);
    const { logits } = await model.run(small);
    expect(difference(logits as Tensor, expected as Tensor).relative).toBeLessThan(1e-4);
    model.dispose();
  });
}
