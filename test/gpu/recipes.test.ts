/** `loadModel` with a recipe for testing, and with weights without a head. */
import { beforeAll, describe, expect, it } from 'vitest';
import { buildGraph, loadModel, type Tensor } from '../../src/index.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await openNodeDevice();
});

/** Tensors of a network without its head. */
function headless(arch: string): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {};
  for (const { name, weights } of buildGraph(arch, [1, 3, 32, 32]).nodes) {
    if (name.startsWith('head.')) continue;
    for (const { key, shape } of Object.values(weights)) {
      const size = shape.reduce((a, b) => a * b, 1);
      tensors[key] = { data: Float32Array.from({ length: size }, (_, i) => 0.1 + 0.01 * Math.sin(i)), shape: [...shape] };
    }
  }
  return tensors;
}

describe('recipes', () => {
  it('takes the one for testing where it is asked for', async () => {
    const usual = await loadModel({ arch: 'resnet10t.c3_in1k', weights: { random: 1 } }, { device });
    const forTest = await loadModel({ arch: 'resnet10t.c3_in1k', weights: { random: 1 }, preprocess: 'test' }, { device });
    const view = ({ info: { inputSize, preprocess, warnings } }: typeof usual) => [
      inputSize,
      preprocess.resize?.size,
      preprocess.crop,
      warnings,
    ];
    expect(view(usual)).toEqual([[176, 176], 201, 176, []]);
    expect(view(forTest)).toEqual([[224, 224], 235, 224, []]);
    usual.dispose();
    forTest.dispose();
  });

  it('says where there is none', async () => {
    const model = await loadModel({ arch: 'test_resnet', weights: { random: 1 }, preprocess: 'test' }, { device });
    expect(model.info.warnings).toEqual(['test_resnet has no special recipe for testing; its usual one is used.']);
    expect(model.info.inputSize).toEqual([160, 160]);
    model.dispose();
  });
});

describe('weights without a head', () => {
  it('make a name a backbone, and info says so', async () => {
    const model = await loadModel({ arch: 'test_resnet', weights: headless('test_resnet') }, { device, inputSize: [32, 32] });
    expect(model.info.warnings).toEqual(['The weights have no head, so test_resnet is a backbone here: it gives features and no logits.']);
    expect(model.info.numClasses).toBeUndefined();
    const { features, logits } = await model.run({ data: new Float32Array(3 * 32 * 32).fill(0.5), shape: [1, 3, 32, 32] });
    expect(features.map(({ shape }) => shape[1])).toEqual([32, 48, 192, 96]);
    expect(logits).toBeUndefined();
    model.dispose();
  });
});
