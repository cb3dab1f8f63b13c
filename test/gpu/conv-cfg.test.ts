/**
 * Kinds of convolutions and norms in every family, planned and run on a GPU, against what OpenMMLab's classes gave. Kinds and norms
 * in turn, but for TridentNet, which has every kind; src/arch/conv-cfg.test.ts has all together in plain loops.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { type BackboneConfig, buildGraph, loadModel } from '../../src/index.ts';
import { hashed, hashedTensors } from '../support/hashed-weights.ts';
import { sampled } from '../support/long-run.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

interface Case {
  config: BackboneConfig & { conv_cfg?: { type: string }; norm_cfg: { type: string } };
  outputs: { shape: number[]; step: number; values: number[] }[];
}

const shape = [1, 3, 29, 22];
const data = hashed('input', 3 * 29 * 22);
const cases: Case[] = JSON.parse(readFileSync('test/conv-cfg/reference.json', 'utf8'));
const byPair = new Map<string, Case[]>();
for (const one of cases) {
  const { norm_cfg: _, ...pair } = one.config;
  const key = JSON.stringify(pair);
  byPair.set(key, [...(byPair.get(key) ?? []), one]);
}
const byTurns = [...byPair.values()].flatMap((norms, i) => norms[i % norms.length] ?? []);
// Six kinds in each family, so that every thirteenth is of another kind each time.
const chosen = sampled(
  'kinds of convolutions in the families',
  byTurns,
  ({ config }, i) => i % 13 === 0 || String(config.type).includes('Trident'),
);

let device: GPUDevice;
beforeAll(async () => {
  device = await openNodeDevice();
});

it.each(chosen.map((one) => [`${one.config.type} ${one.config.conv_cfg?.type ?? 'Conv'} ${one.config.norm_cfg.type}`, one] as const))(
  '%s',
  async (_, { config, outputs }) => {
    const weights = await hashedTensors(buildGraph(config, shape));
    const model = await loadModel({ arch: config, weights }, { device, inputSize: [29, 22] });
    try {
      const { features } = await model.run({ data, shape });
      outputs.forEach((expected, i) => {
        expect(features[i]?.shape).toEqual(expected.shape);
        const error = Math.hypot(...expected.values.map((value, k) => (features[i]?.data[k * expected.step] ?? Number.NaN) - value));
        expect(error / Math.hypot(...expected.values)).toBeLessThan(1e-4);
      });
    } finally {
      model.dispose();
    }
  },
);
