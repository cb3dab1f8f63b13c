/** Every golden operator in Node: the quickest check of all kernels. The browsers run the same cases. */
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/api/types.ts';
import { noise as noiseData } from '../../src/kernels/lib/case.ts';
import { references } from '../../src/kernels/references.ts';
import { runOp } from '../../src/testing/index.ts';
import type { OpAttrs } from '../../src/testing/op-graph.ts';
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

const noise = (shape: number[], seed = 1): Tensor => ({ data: noiseData(shape, seed), shape });
const as = ({ data }: Tensor, ...shape: number[]): Tensor => ({ data, shape });

/** Calls that no reference case makes, compared with the plain arithmetic in src/kernels. */
describe('operators beyond the reference cases', () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openNodeDevice();
  });

  const x = noise([2, 5, 7, 6]);
  const [w35, b3, w54, w18, mean5] = [noise([3, 5], 2), noise([3], 3), noise([6, 5, 4, 2], 2), noise([18], 2), noise([5], 2)];
  const variance = { data: new Float32Array(5).fill(2), shape: [5] };
  const exponent = { data: Float32Array.of(2.5), shape: [1] };
  const rows = noise([2, 4, 5]);
  const same = {
    outChannels: 6,
    kernel: [4, 2],
    stride: [1, 1],
    padding: [1, 1, 2, 2],
    dilation: [1, 3],
    groups: 1,
    bias: false,
  } as const;
  const plain = { eps: 1e-5, affine: false };
  const [long, many, prime] = [noise([70000, 3]), noise([70000, 1, 1, 1]), noise([10007])];

  it.each<[string, string, OpAttrs, Record<string, Tensor>, number[], () => Tensor]>([
    [
      'linear, 3-D',
      'linear',
      {},
      { x: rows, weight: w35, bias: b3 },
      [2, 4, 3],
      () => references.linear({ outFeatures: 3, bias: true }, [as(rows, 8, 5)], { weight: w35.data, bias: b3.data }),
    ],
    [
      'linear, 1-D',
      'linear',
      {},
      { x: mean5, weight: w35 },
      [3],
      () => references.linear({ outFeatures: 3, bias: false }, [as(mean5, 1, 5)], { weight: w35.data }),
    ],
    [
      'conv2d, same',
      'conv2d',
      { padding: 'same', dilation: [1, 3] },
      { x, weight: w54 },
      [2, 6, 7, 6],
      () => references.conv2d(same, [x], { weight: w54.data }),
    ],
    [
      'gem, exponent as a tensor',
      'gem',
      {},
      { x, p: exponent },
      [2, 5, 1, 1],
      () => references.gem({ p: 2.5, eps: 1e-6, clamp: true, learned: false }, [x], {}),
    ],
    [
      'gem, no clamp',
      'gem',
      { p: 2, clamp: false },
      { x },
      [2, 5, 1, 1],
      () => references.gem({ p: 2, eps: 1e-6, clamp: false, learned: false }, [x], {}),
    ],
    [
      'layer_norm, no weight',
      'layer_norm',
      { normalized_shape: [7, 6] },
      { x },
      x.shape,
      () => references.layer_norm({ over: 'all', ...plain }, [as(x, 10, 42, 1, 1)], {}),
    ],
    [
      'layer_norm, weight alone',
      'layer_norm',
      {},
      { x: as(noise([4, 18]), 4, 18), weight: w18 },
      [4, 18],
      () =>
        references.layer_norm({ over: 'all', eps: 1e-5, affine: true }, [as(noise([4, 18]), 4, 18, 1, 1)], {
          weight: w18.data,
          bias: new Float32Array(18),
        }),
    ],
    [
      'batch_norm, no weight',
      'batch_norm',
      {},
      { x: noise([3, 5]), running_mean: mean5, running_var: variance },
      [3, 5],
      () => references.batch_norm(plain, [as(noise([3, 5]), 3, 5, 1, 1)], { running_mean: mean5.data, running_var: variance.data }),
    ],
    [
      'reflect_pad, 4 numbers',
      'reflect_pad',
      { pad: [1, 2, 3, 0] },
      { x },
      [2, 5, 10, 9],
      () => references.reflect_pad({ padding: [3, 1, 0, 2] }, [x], {}),
    ],
    ['relu, 70000 rows', 'relu', {}, { x: long }, [70000, 3], () => references.relu({}, [long], {})],
    ['add, 70000 images', 'add', {}, { a: many, b: many }, [70000, 1, 1, 1], () => references.add({}, [many, many], {})],
    ['sigmoid, a prime number of values', 'sigmoid', {}, { x: prime }, [10007], () => references.sigmoid({}, [prime], {})],
  ])('%s', async (_, op, attrs, tensors, shape, reference) => {
    const result = await runOp(op, attrs, tensors, { device });
    expect(difference(result, { data: reference().data, shape }).relative).toBeLessThan(1e-5);
  });
});
