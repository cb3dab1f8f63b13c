/** Every golden operator, in Node: the quickest look at all kernels. The browsers run the same cases. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { runOp } from '../../src/testing/index.ts';
import type { Tensor } from '../../src/types.ts';
import { difference } from '../support/compare.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { readNpy } from '../support/npy.ts';

const folder = new URL('../goldens/ops/', import.meta.url);

function load(name: string, file: string): Tensor {
  const { data, shape } = readNpy(readFileSync(new URL(`${name}/${file}`, folder)));
  return { data: data as Float32Array, shape };
}

interface Case {
  op: string;
  attrs: Record<string, number>;
  inputs: Record<string, { file: string }>;
  output: { file: string };
}

describe.each(['f32', 'f16'] as const)('operators in %s', (precision) => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openNodeDevice();
  });

  it.each(readdirSync(folder))('%s', async (name) => {
    const { op, attrs, inputs, output } = JSON.parse(readFileSync(new URL(`${name}/case.json`, folder), 'utf8')) as Case;
    const tensors = Object.fromEntries(Object.entries(inputs).map(([key, { file }]) => [key, load(name, file)]));
    const result = await runOp(op, attrs, tensors, { precision, device });
    const { relative } = difference(result, load(name, output.file));
    expect(relative).toBeLessThan(precision === 'f32' ? 1e-5 : 1e-2);
  });
});
