/**
 * A driver that refuses pipelines: every label of a network in turn, and every class of them. The model loads all the same, is right, and
 * says which layer runs what instead. `npm run test:full` does it for all networks on all classes of GPU.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { type BackboneConfig, buildGraph, type ClassifierConfig, loadModel, type Model, type Tensor } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { isFull, sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { POSES, type Pose, posing } from '../support/posing.ts';
import { refusing } from '../support/refusing.ts';

const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });
afterAll(() => device.destroy());

const two = { num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1], stem_channels: 16 };
const classifier = (backbone: object, in_channels: number): ClassifierConfig =>
  ({
    type: 'ImageClassifier',
    backbone: { ...two, ...backbone },
    neck: { type: 'GlobalAveragePooling' },
    head: { type: 'LinearClsHead', num_classes: 200, in_channels },
  }) as ClassifierConfig;

/** Cut to two stages and few channels, but wide enough for tiles, split sums, Winograd convolutions and groups. */
const networks: Record<string, string | BackboneConfig | ClassifierConfig> = {
  ResNet: classifier({ type: 'ResNet', depth: 50, base_channels: 32 }, 256),
  ResNeSt: classifier({ type: 'ResNeSt', depth: 50, base_channels: 16, radix: 2 }, 128),
  ...(isFull && {
    ResNeXt: classifier({ type: 'ResNeXt', depth: 50, base_channels: 32, groups: 2, width_per_group: 64 }, 256),
    RegNetY: 'regnety_002',
    DCN: {
      type: 'mmdet.ResNet',
      depth: 50,
      base_channels: 16,
      ...two,
      dcn: { type: 'DCNv2', deform_groups: 2 },
      stage_with_dcn: [false, true],
    },
  }),
} as Record<string, string | BackboneConfig | ClassifierConfig>;

/** A network as a processor chooses, the other as a GPU does. */
const posesOf = (network: string) => (isFull ? Object.keys(POSES) : [network === 'ResNet' ? 'nvidia' : 'software']) as Pose[];
const size = 40;
const input: Tensor = { data: Float32Array.from({ length: 3 * size * size }, (_, i) => Math.sin(i * 0.37)), shape: [1, 3, size, size] };
const photo = { data: Uint8Array.from({ length: 70 * 50 * 3 }, (_, i) => (i * 37 + (i >> 5) * 11) & 255), width: 70, height: 50 };
const recipe = { resize: { size, edge: 'short', filter: 'bilinear', kernel: 'pillow' }, crop: size } as const;

interface Answers {
  /** All numbers that a run gives. */
  values: Tensor;
  /** What an image is taken for, and how surely. */
  labels: [number, number][];
}

async function answers(model: Model): Promise<Answers> {
  const { features, logits } = await model.run(input, { features: true });
  const all = [...features, ...(logits ? [logits] : [])].flatMap(({ data }) => [...data]);
  const predictions = logits ? await model.classify(photo, { topK: 5 }) : [];
  return {
    values: { data: Float32Array.from(all), shape: [all.length] },
    labels: predictions.map(({ index, probability }) => [index, probability]),
  };
}

const load = (arch: string | BackboneConfig | ClassifierConfig, on: GPUDevice, precision: 'f32' | 'f16') =>
  loadModel({ arch, weights: { random: 3 }, preprocess: recipe }, { device: on, precision, inputSize: [size, size], verify: false });

/** The layer that a warning names, in brackets at its head. */
const layersIn = (warning: string) => /^\[([^\]]+)\]/.exec(warning)?.[1]?.split(', ') ?? [];

describe.each(Object.keys(networks))('%s', (network) => {
  const arch = networks[network] ?? '';
  const cases = posesOf(network).flatMap((pose) =>
    (isFull ? (['f32', 'f16'] as const) : (['f32'] as const)).map((precision) => [pose, precision] as const),
  );
  test.each(cases)('on %s in %s loads without any of its pipelines', { timeout: 3_600_000 }, async (pose, precision) => {
    const clean = posing(device, pose);
    const { made } = refusing(clean, () => false);
    const whole = await load(arch, clean, precision);
    const expected = await answers(whole);
    expect(whole.info.warnings).toEqual([]);
    const layers = new Set(buildGraph(arch, input.shape).nodes.map(({ name }) => name));
    const labels = [...made];
    const classes = [...new Set(labels.map((label) => label.split('/')[0] ?? ''))];
    const refusals: [string, (label: string, code: string) => boolean][] = [
      ...sampled(`pipelines of ${network} that are refused one by one`, labels, (_, i) => i % 20 === 1).map(
        (name): [string, (label: string) => boolean] => [name, (label) => label === name],
      ),
      ...(isFull ? classes : []).map((name): [string, (label: string) => boolean] => [
        `${name}/…`,
        (label) => label.startsWith(`${name}/`),
      ]),
      ['winograd', (label) => /winograd/.test(label)],
      ['tiled', (label) => /tiled/.test(label)],
      ['subgroups', (_, code) => code.includes('enable subgroups')],
      // Nothing is left but what stands in.
      ['all of them', (label) => labels.includes(label)],
    ];
    for (const [name, isRefused] of refusals) {
      const sick = posing(device, pose);
      const state = refusing(sick, isRefused);
      const model = await load(arch, sick, precision);
      const actual = await answers(model);
      const { relative } = difference(actual.values, expected.values);
      expect(relative, `${name} refused: ${model.info.warnings.join('\n')}`).toBeLessThan(precision === 'f32' ? 1e-4 : 5e-3);
      if (precision === 'f32') {
        expect(
          actual.labels.map(([index]) => index),
          name,
        ).toEqual(expected.labels.map(([index]) => index));
        for (const [i, [, probability]] of actual.labels.entries())
          expect(probability / (expected.labels[i]?.[1] ?? 0), name).toBeCloseTo(1, 4);
      }
      const { warnings } = model.info;
      if (state.refused.length > 0) expect(warnings, name).not.toEqual([]);
      for (const warning of warnings) {
        expect(warning).toMatch(/^\[[^\]]+\] \S.*: the driver refused it \(driver says no\).*\. In its place: \S.*\.$/);
        for (const layer of layersIn(warning)) expect([...layers, 'image', 'top-k'], warning).toContain(layer);
      }
      model.dispose();
    }
    whole.dispose();
  });
});
