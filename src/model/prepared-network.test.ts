import { expect, it } from 'vitest';
import { resolveArch } from '../arch/index.ts';
import type { LocatedSource } from './locate.ts';
import { atTest, networkOf } from './prepared-network.ts';

const located = (more: Partial<LocatedSource> = {}): LocatedSource => ({ source: { weights: '' }, warnings: [], ...more });

it('the caller says the size before the repository, the checkpoint and the architecture', async () => {
  const arch = await resolveArch('resnet18');
  const sizeOf = (...args: Parameters<typeof networkOf>) => networkOf(...args).shape.slice(2);
  expect(sizeOf(arch, located({ inputSize: [96, 64] }), { inputSize: [32, 40] }, [48, 48])).toEqual([32, 40]);
  expect(sizeOf(arch, located({ inputSize: [96, 64] }), {}, [48, 48])).toEqual([96, 64]);
  expect(sizeOf(arch, located(), {}, [48, 48])).toEqual([48, 48]);
  expect(sizeOf(arch, located(), {})).toEqual([224, 224]);
  expect(networkOf(arch, located(), { batch: 4 }).shape).toEqual([4, 3, 224, 224]);
});

it('a run gives logits of a name, and stages of a backbone', async () => {
  expect(networkOf(await resolveArch('resnet18'), located(), {}).outputs).toEqual(['head.fc']);
  const backbone = await resolveArch({ type: 'ResNet', depth: 18, out_indices: [1, 3] });
  expect(networkOf(backbone, located(), {}).outputs.map((name) => name.split('.')[0])).toEqual(['layer2', 'layer4']);
});

it("the authors' recipe for testing is taken where it is asked for", async () => {
  const arch = await resolveArch('resnet50.a1_in1k');
  expect(arch.test?.inputSize).toEqual([288, 288]);
  expect(atTest(arch, located()).inputSize).toEqual([224, 224]);
  expect(atTest(arch, located({ source: { weights: '', preprocess: 'test' } })).inputSize).toEqual([288, 288]);
});
