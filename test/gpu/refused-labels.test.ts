/**
 * A driver that refuses each pipeline of each network in turn, on every class of GPU, and then what took its place, too. The model loads, and
 * every refusal has a warning that names its layers. On a device that runs nothing, so whether results are right is left to refusal.test.ts.
 */
import { afterAll, expect, test } from 'vitest';
import { buildGraph, loadModel } from '../../src/index.ts';
import { type Arch, cutNetworks, input, layersIn, photo, recipe, size } from '../support/cut-networks.ts';
import { isFull, sampled } from '../support/long-run.ts';
import { openNullDevice } from '../support/node-gpu.ts';
import { POSES, type Pose, posing } from '../support/posing.ts';
import { type Refusing, refusing } from '../support/refusing.ts';

const device = await openNullDevice();
afterAll(() => device.destroy());

type Precision = 'f32' | 'f16';
type Combination = [network: keyof typeof cutNetworks, pose: Pose, precision: Precision];

const all = (Object.keys(cutNetworks) as (keyof typeof cutNetworks)[]).flatMap((network) =>
  (Object.keys(POSES) as Pose[]).flatMap((pose) => (['f32', 'f16'] as const).map((precision): Combination => [network, pose, precision])),
);
/** Among them what no software adapter runs: arithmetic in f16. */
const some = ['ResNet amd f16', 'DCN mobile f32'];

interface Loaded extends Refusing {
  warnings: readonly string[];
}

/** Loads the network, and lets it do everything that needs a pipeline. */
async function load(arch: Arch, pose: Pose, precision: Precision, isRefused: (label: string) => boolean): Promise<Loaded> {
  const on = posing(device, pose);
  const state = refusing(on, isRefused);
  const model = await loadModel(
    { arch, weights: { random: 3 }, preprocess: recipe },
    { device: on, precision, inputSize: [size, size], verify: false },
  );
  const { logits } = await model.run(input, { features: true });
  // Of results that are all zero the ranking says that they are none.
  if (logits) await expect(model.classify(photo)).rejects.toMatchObject({ code: 'not-finite' });
  const { warnings } = model.info;
  model.dispose();
  return { ...state, warnings };
}

test.each(sampled('networks whose pipelines are all refused in turn', all, (one) => some.includes(one.join(' '))))(
  '%s on %s in %s',
  { timeout: 3_600_000 },
  async (network, pose, precision) => {
    const arch = cutNetworks[network];
    const layers = [...buildGraph(arch, input.shape).nodes.map(({ name }) => name), 'image', 'top-k'];
    const clean = await load(arch, pose, precision, () => false);
    expect(clean.warnings).toEqual([]);
    const labels = [...clean.made];
    const kinds = [...new Set(labels.map((label) => label.split('/')[0] ?? ''))];
    const refusals = [
      ...(isFull ? labels.map((label) => [label]) : []),
      ...kinds.map((kind) => labels.filter((label) => label.startsWith(`${kind}/`))),
      labels,
    ];
    for (const wanted of refusals) {
      const made = await judge(wanted);
      const instead = made.filter((label) => !labels.includes(label) && !label.startsWith('plain-'));
      if (instead.length > 0) await judge([...wanted, ...instead]);
    }

    async function judge(wanted: readonly string[]): Promise<string[]> {
      const { made, refused, warnings } = await load(arch, pose, precision, (label) => wanted.includes(label));
      expect(refused).not.toEqual([]);
      for (const label of refused) expect(warnings.join('\n'), `${label} of ${wanted.join(', ')}`).toContain(`] ${label.split('/')[0]}/`);
      for (const warning of warnings) {
        expect(warning).toMatch(/^\[[^\]]+\] \S.*: the driver refused it \(driver says no\).*\. In its place: \S.*\.$/);
        for (const layer of layersIn(warning)) expect(layers, warning).toContain(layer);
      }
      return [...made];
    }
  },
);
