import { describe, expect, test } from 'vitest';
import type { Preprocess } from '../../api/types.ts';
import { buildGraph } from '../../arch/graph.ts';
import { planImage } from '../../image/image-plan.ts';
import type { BackboneConfig } from '../../index.ts';
import { allOps } from '../../kernels/families.ts';
import type { DeviceProfile } from '../../kernels/lib/kernel.ts';
import { processorKernels } from '../../kernels/processor.ts';
import { makePlan } from '../../plan/plan.ts';
import { cutCase, cutImage, FOR_GPUS, FOR_PROCESSORS } from './cut.ts';
import { caseOf, kindsOf, numbersOf, type Unit, unitsOf } from './plan-cases.ts';

const ops = await allOps();
const software: DeviceProfile = { name: 'software', computeUnits: 2, processor: processorKernels(false) };
const small = [1, 3, 88, 88];

function planOf(graph: ReturnType<typeof buildGraph>, output: string) {
  return makePlan(graph, { outputs: [output], precision: 'f32', profile: software, maxBufferBytes: 2 ** 28, ops });
}

function unitsFor(network: string | BackboneConfig): { graph: ReturnType<typeof buildGraph>; units: Unit[] } {
  const graph = buildGraph(network, small);
  return { graph, units: unitsOf(planOf(graph, graph.outputs.at(-1)?.node ?? '')) };
}

const dcn = {
  type: 'mmdet.ResNet',
  depth: 50,
  dcn: { type: 'DCNv2', deform_groups: 1 },
  stage_with_dcn: [false, true, true, true],
} as unknown as BackboneConfig;

describe.each([['resnet18'], ['resnet50'], [dcn]])('%s', (network) => {
  const { graph, units } = unitsFor(network);

  test('every operation can be cut, keeps its pipelines, and has weights that fit', () => {
    for (const unit of units) {
      const whole = caseOf(graph, unit);
      const cut = cutCase(whole, FOR_PROCESSORS);
      const wide = whole.graph.nodes.some(({ shape: [, c = 0, ...sides] }) => c > 600 || sides.some((side) => side > 50));
      if (wide) expect(cut, unit.layer).toBeDefined();
      if (!cut) continue;
      expect(
        cut.graph.nodes.reduce((sum, { macs }) => sum + macs, 0),
        unit.layer,
      ).toBeLessThan(6e6);
      for (const node of cut.graph.nodes) if (node.op === 'conv2d') expect(node.weights.weight?.shape[0], node.name).toBe(node.shape[1]);
      const kinds = [...kindsOf(planOf(cut.graph, cut.output)).keys()];
      const missing = [...kindsOf({ steps: unit.dispatches.map((dispatch) => ({ dispatch })) as never, derived: [] }).keys()].filter(
        (kind) => !kinds.includes(kind),
      );
      // On its own, only the network's first convolution uses the stem's kernels. The stem's other convolutions do not.
      if (!/stem|conv/.test(unit.dispatches[0]?.kernel ?? '')) expect(missing, unit.layer).toEqual([]);
    }
  });

  test('what comes out of a cut case is of its shape, and a number', async () => {
    const cases = units.flatMap((unit) => cutCase(caseOf(graph, unit), FOR_PROCESSORS) ?? []).slice(0, 4);
    expect(cases.length).toBe(4);
    for (const cut of cases) {
      const expected = await numbersOf(cut).expected();
      const shape = cut.graph.nodes.find(({ name }) => name === cut.output)?.shape ?? [];
      expect(expected.length).toBe(shape.reduce((a, b) => a * b, 1));
      expect(expected.every(Number.isFinite)).toBe(true);
      expect(expected.some((x) => x !== 0)).toBe(true);
    }
  });
});

test('of the first convolution more than one workgroup of pixels is left, and more than one tile of channels', () => {
  const { graph, units } = unitsFor('resnet50');
  const stem = caseOf(graph, units[0] as Unit);
  expect(cutCase(stem, FOR_PROCESSORS)?.graph.nodes.at(-1)?.shape).toEqual([1, 20, 22, 22]);
  expect(cutCase(stem, FOR_GPUS)?.graph.nodes.at(-1)?.shape).toEqual([1, 64, 22, 22]);
});

test('convolutions in groups are left as they are', () => {
  const { graph, units } = unitsFor('resnext50_32x4d');
  const grouped = units.find(({ nodes }) => nodes[0] === 'layer1.0.conv2') as Unit;
  expect(cutCase(caseOf(graph, grouped), FOR_PROCESSORS)).toBeUndefined();
});

test('images are cut to about 30 pixels, and go through the same passes', () => {
  const usual = {
    resize: { size: 232, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
    crop: 224,
    mean: [1, 2, 3],
    std: [1, 1, 1],
    order: 'rgb',
  } as const satisfies Preprocess;
  const cut = cutImage(usual);
  expect([cut.resize?.size, cut.crop]).toEqual([31, 30]);
  const [before, after] = [planImage(53, 41, usual), planImage(53, 41, cut)];
  expect(after.shape).toEqual([1, 3, 30, 30]);
  for (const pass of ['rows', 'columns'] as const) expect(after[pass].constants).toEqual(before[pass].constants);
  expect(cutImage({ ...usual, resize: null, crop: [448, 224] }).crop).toEqual([31, 16]);
  expect(cutImage({ ...usual, resize: null, crop: null })).toEqual({ ...usual, resize: null, crop: null });
});
