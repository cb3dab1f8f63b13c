/**
 * A driver that refuses pipelines: every label of a network in turn, and every class of them. The model must still load, be right, and say
 * for which layer what runs instead. `npm run test:full` does it for all networks on all classes of GPU.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph, loadModel, type Model, type Tensor } from '../../src/index.ts';
import { difference } from '../support/compare.ts';
import { type Arch, cutNetworks, input, layersIn, photo, recipe, size } from '../support/cut-networks.ts';
import { isFull, sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { POSES, type Pose, posing } from '../support/posing.ts';
import { refusing } from '../support/refusing.ts';

const device = await openNodeDevice('swiftshader', { requiredFeatures: ['subgroups'] });
afterAll(() => device.destroy());

const networks: Record<string, Arch> = isFull ? cutNetworks : { ResNet: cutNetworks.ResNet, ResNeSt: cutNetworks.ResNeSt };

/** One network with a software adapter's kernels, the other with a GPU's. */
const posesOf = (network: string) => (isFull ? Object.keys(POSES) : [network === 'ResNet' ? 'nvidia' : 'software']) as Pose[];
interface Answers {
  /** All output numbers of a run. */
  values: Tensor;
  /** The class of an image, and its probability. */
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

const load = (arch: Arch, on: GPUDevice, precision: 'f32' | 'f16') =>
  loadModel({ arch, weights: { random: 3 }, preprocess: recipe }, { device: on, precision, inputSize: [size, size], verify: false });

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
      // Only the replacements are left.
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
