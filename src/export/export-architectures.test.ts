/** Networks of timm and transformers with rare operations (ResNetV2, SKNet, attention modules), as TFLite, compared with PyTorch's outputs. */
import { describe, expect, test } from 'vitest';
import { architectureCase, architectureCases, expectProbes } from '../../test/support/architecture-cases.ts';
import { runTflite } from '../../test/support/export-runtimes.ts';
import { resolveArch } from '../arch/index.ts';
import { fromTensors } from '../checkpoint/streams-and-tensors.ts';
import { toTflite } from './index.ts';

describe.each(architectureCases())('%s', (name) => {
  test('is the same as TFLite', { timeout: 30_000 }, async () => {
    const { arch, input, tensors, stages, logits } = architectureCase(name);
    const graph = (await resolveArch(arch)).build(input.shape);
    const end = graph.outputs.some(({ kind }) => kind === 'logits') ? 'logits' : 'pooled';
    const model = await toTflite(graph, await fromTensors(tensors(graph)), { outputs: [...stages.keys(), end] });
    const given = await runTflite(model, { input });
    expect(Object.keys(given)).toHaveLength(stages.length + 1);
    stages.forEach((expected, stage) => {
      expectProbes(`stage ${stage}`, given[`stage${stage}`], expected);
    });
    const last = given[end];
    expectProbes(end, last && { ...last, shape: last.shape.slice(0, logits.shape.length) }, logits);
  });
});
