import { describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { allOps, coreOps, opsFor } from './families.ts';
import type { Family } from './lib/family.ts';
import { references } from './references.ts';

const files = import.meta.glob<{ family: Family }>('./*/lowering.ts', { eager: true });

const plain = ['resnet18', 'resnet50', 'wide_resnet50_2', 'resnext50_32x4d', 'resnet50d', 'regnetx_004'];
const others = ['seresnet50', 'regnety_004', 'regnetv_040', 'resnest50', 'ecaresnet50d', 'resnetblur50', 'res2net50_26w_4s', 'resnet50_gn'];

describe('opsFor', () => {
  it.each([...plain, 'cifar_resnet20'])('needs nothing more for %s', async (name) => {
    expect(await opsFor(buildGraph(name, [1, 3, 64, 64]))).toBe(coreOps);
  });

  it.each(others)('fetches the others for %s', async (name) => {
    expect(await opsFor(buildGraph(name, [1, 3, 64, 64]))).toBe(await allOps());
  });

  it.each([...plain, ...others])('gets the operations of %s whatever its input size', (name) => {
    const ops = (height: number, width: number) => [...new Set(buildGraph(name, [1, 3, height, width]).nodes.map(({ op }) => op))].sort();
    expect(ops(97, 161)).toEqual(ops(224, 224));
  });
});

describe('the table of families', () => {
  it('has every family that has a lowering', async () => {
    const wanted = Object.values(files).flatMap(({ family }) => Object.keys(family.lowerings));
    expect(Object.keys((await allOps()).lowerings).sort()).toEqual(wanted.sort());
    const forms = Object.values(files).flatMap(({ family }) => Object.keys(family.forms ?? {}));
    expect(Object.keys((await allOps()).forms ?? {}).sort()).toEqual(forms.sort());
  });

  it('has every operation, once', async () => {
    const operations = Object.keys(references).filter((op) => op !== 'input');
    expect(Object.keys((await allOps()).lowerings).sort()).toEqual(operations.sort());
  });
});
