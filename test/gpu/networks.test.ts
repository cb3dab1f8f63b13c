/** Every small golden network in Node. The browsers run the same cases, also in f16 and other formats. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/api/types.ts';
import { type LibraryConfig, loadModel, type Model } from '../../src/index.ts';
import { outOfScope } from '../harness/scope.ts';
import { difference, f32 } from '../support/compare.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { readNpy } from '../support/npy.ts';

const goldens = new URL('../goldens/', import.meta.url);

interface Output {
  file: string;
  f32_error?: number;
}

interface Case {
  framework: 'mm' | 'timm' | 'torchvision';
  config: Record<string, unknown> & { type: string };
  weights: { safetensors: string };
  input: { file: string };
  outputs: Output[];
  logits?: Output;
}

function tensor(path: string, { file }: { file: string }): Tensor {
  const { data, shape } = readNpy(readFileSync(new URL(`${path}/${file}`, goldens)));
  return { data: data as Float32Array, shape };
}

async function open(path: string, precision: 'f32' | 'f16'): Promise<{ golden: Case; model: Model }> {
  const golden = JSON.parse(readFileSync(new URL(`${path}/case.json`, goldens), 'utf8')) as Case;
  const arch = golden.framework === 'mm' ? golden.config : ({ library: golden.framework, ...golden.config } as LibraryConfig);
  const weights = new Uint8Array(readFileSync(new URL(`${path}/${golden.weights.safetensors}`, goldens)));
  return { golden, model: await loadModel({ arch, weights }, { device, precision, inputSize: [64, 64] }) };
}

async function check(path: string, golden: Case, model: Model): Promise<void> {
  const options = golden.framework === 'mm' ? undefined : { features: true, logits: true };
  const { features, logits } = await model.run(tensor(path, golden.input), options);
  expect(features).toHaveLength(golden.outputs.length);
  const pairs: [Tensor | undefined, Output][] = golden.outputs.map((output, i) => [features[i], output]);
  if (golden.logits) pairs.push([logits, golden.logits]);
  for (const [actual, output] of pairs) {
    if (!actual) throw new Error(`no ${output.file}`);
    const { relative, largest } = difference(actual, tensor(path, output));
    const tolerance = f32(output.f32_error);
    expect(
      relative <= tolerance.relative || largest <= (tolerance.largest ?? 0),
      `${output.file}: relative ${relative}, largest ${largest}`,
    ).toBe(true);
  }
}

let device: GPUDevice;
beforeAll(async () => {
  device = await openNodeDevice();
});

describe.each(['resnet', 'classifier', 'timm', 'torchvision', 'formats', 'mmdet'].filter((group) => existsSync(new URL(group, goldens))))(
  '%s',
  (group) => {
    it.each(readdirSync(new URL(group, goldens)).filter((name) => !outOfScope(`${group}/${name}`)))('%s', async (name) => {
      const path = `${group}/${name}`;
      const { golden, model } = await open(path, 'f32');
      try {
        await check(path, golden, model);
      } finally {
        model.dispose();
      }
    });
  },
);

// Copied parts of a concat, sums of energies, factors and differences folded into weights, sigmoids after convolutions.
describe.each([
  'mmdet/res2net50',
  'mmdet/general_attention_1111',
  'mmdet/general_attention_1100_q2',
  'mmdet/nonlocal_concatenation',
  'mmdet/detectors_sac',
  'mmdet/context_block_avg_mul',
])('the self test of %s', (path) => {
  it.each(['f32', 'f16'] as const)('finds every layer exact in %s', async (precision) => {
    const { model } = await open(path, precision);
    try {
      const { pass, report } = await model.selfTest();
      expect(pass, report).toBe(true);
    } finally {
      model.dispose();
    }
  });
});
