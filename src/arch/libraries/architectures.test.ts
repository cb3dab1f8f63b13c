/**
 * Networks of timm and transformers that no golden case covers (ResNetV2 and BiT, SKNet, attention modules), and classes of our own,
 * at reduced widths. Compares a plain JavaScript computation with PyTorch's results. test/libraries/architectures.py writes the cases.
 */
import { describe, expect, test } from 'vitest';
import {
  architectureCase,
  architectureCases,
  expectProbes,
  libraryTensors,
  namedArchitectures,
} from '../../../test/support/architecture-cases.ts';
import { runGraph } from '../../../test/support/run-graph.ts';
import { bindCheckpoint } from '../../checkpoint/bind.ts';
import { fromTensors } from '../../checkpoint/streams-and-tensors.ts';
import { compute } from '../../inspect/compute.ts';
import { buildGraph } from '../graph.ts';
import { resolveArch } from '../index.ts';

test.each(namedArchitectures())('$name has the tensors of the library', (stored) => {
  libraryTensors(buildGraph(stored.name, [1, 3, 64, 64]), 'timm', stored);
});

describe.each(architectureCases())('%s', (name) => {
  test('is what the library computes', { timeout: 30_000 }, async () => {
    const { arch, input, tensors, stages, logits } = architectureCase(name);
    const graph = (await resolveArch(arch)).build(input.shape);
    const bound = await bindCheckpoint(graph, await fromTensors(tensors(graph)), { arch: name });
    const values = await runGraph(graph, bound, input, compute);
    const outputOf = (kind: string, stage?: number) =>
      values.get(graph.outputs.find((one) => one.kind === kind && one.stage === stage)?.node ?? '');
    stages.forEach((expected, stage) => {
      expectProbes(`stage ${stage}`, outputOf('feature', stage), expected);
    });
    const end = outputOf('logits') ?? outputOf('pooled');
    expectProbes('logits', end && { ...end, shape: end.shape.slice(0, logits.shape.length) }, logits);
    expect(bound.ignoredKeys).toEqual([]);
  });
});
