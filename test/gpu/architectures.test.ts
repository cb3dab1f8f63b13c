/** ResNetV2, BiT, SKNet and attention modules on a device, from tensors in memory, compared with timm and transformers. */
import { afterAll, describe, expect, test } from 'vitest';
import { buildGraph, loadModel } from '../../src/index.ts';
import { architectureCase, architectureCases, expectProbes } from '../support/architecture-cases.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

describe.each(architectureCases())('%s', (name) => {
  test('runs as the library computes it', { timeout: 60_000 }, async () => {
    const { arch, input, tensors, stages, logits } = architectureCase(name);
    const weights = tensors(buildGraph(arch, input.shape));
    const [, , height = 0, width = 0] = input.shape;
    const model = await loadModel({ arch, weights }, { device, inputSize: [height, width], batch: input.shape[0] });
    const { num_classes, num_labels = num_classes } = arch as Readonly<Record<string, unknown>>;
    const bare = num_labels === 0;
    const result = await model.run(input, { features: true, logits: !bare });
    stages.forEach((expected, stage) => {
      expectProbes(`stage ${stage}`, result.features[stage], expected, 5e-5);
    });
    expect(result.features).toHaveLength(stages.length);
    if (!bare) expectProbes('logits', result.logits, logits, 5e-5);
    model.dispose();
  });
});
