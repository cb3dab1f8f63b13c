import { expect, it } from 'vitest';
import { resolveArch } from '../arch/index.ts';
import { allOps, coreOps } from '../kernels/families.ts';
import type { LocatedSource } from './locate.ts';
import { atTest, prepareNetwork } from './prepared-network.ts';

const located = (more: Partial<LocatedSource> = {}): LocatedSource => ({ source: { weights: '' }, warnings: [], ...more });

it('the caller says the size before the repository, the checkpoint and the architecture', async () => {
  const arch = await resolveArch('resnet18');
  const sizeOf = async (...args: Parameters<typeof prepareNetwork>) => (await prepareNetwork(...args)).shape.slice(2);
  expect(await sizeOf(arch, located({ card: { inputSize: [96, 64] } }), { inputSize: [32, 40] }, [48, 48])).toEqual([32, 40]);
  expect(await sizeOf(arch, located({ card: { inputSize: [96, 64] } }), {}, [48, 48])).toEqual([96, 64]);
  expect(await sizeOf(arch, located(), {}, [48, 48])).toEqual([48, 48]);
  expect(await sizeOf(arch, located(), {})).toEqual([224, 224]);
  expect((await prepareNetwork(arch, located(), { batch: 4 })).shape).toEqual([4, 3, 224, 224]);
});

it('a run gives logits of a name, and stages of a backbone', async () => {
  expect((await prepareNetwork(await resolveArch('resnet18'), located(), {})).outputs).toEqual(['head.fc']);
  const backbone = await resolveArch({ type: 'ResNet', depth: 18, out_indices: [1, 3] });
  expect((await prepareNetwork(backbone, located(), {})).outputs.map((name) => name.split('.')[0])).toEqual(['layer2', 'layer4']);
});

it("the authors' recipe for testing is taken where it is asked for", async () => {
  const arch = await resolveArch('resnet50.a1_in1k');
  expect(arch.test?.inputSize).toEqual([288, 288]);
  expect(atTest(arch, located()).inputSize).toEqual([224, 224]);
  expect(atTest(arch, located({ source: { weights: '', preprocess: 'test' } })).inputSize).toEqual([288, 288]);
});

it('has the kernels of its operations, of which those of rarer networks are fetched', async () => {
  expect((await prepareNetwork(await resolveArch('resnet18'), located(), {})).ops).toBe(coreOps);
  expect((await prepareNetwork(await resolveArch('seresnet50'), located(), {})).ops).toBe(await allOps());
});
