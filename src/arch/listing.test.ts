import { expect, test } from 'vitest';
import { listModels } from '../model/list-models.ts';
import { resolveArch } from './index.ts';
import { list, nameOf } from './listing.ts';
import { archNames } from './names.ts';
import { publishedCheckpoints } from './published.ts';
import { timmTags } from './timm-tags.ts';

test('every published checkpoint has a recipe, and every recipe of published weights is listed', () => {
  const published = [...publishedCheckpoints()].map(nameOf);
  const recipes = timmTags().filter((name) => !name.endsWith('.untrained'));
  expect(published.filter((name) => !recipes.includes(name))).toEqual([]);
  expect(recipes.filter((name) => !published.includes(name))).toEqual([]);
});

test('by pattern', async () => {
  expect((await listModels('resnet*50')).map(({ name }) => name)).toEqual(expect.arrayContaining(['resnet50', 'resnetaa50']));
  expect((await listModels(['test_resnet', 'RESNET1?']))?.map(({ name }) => name)).toContain('resnet18');
  expect(await listModels('no_such*')).toEqual([]);
  expect(await listModels()).toHaveLength(archNames().length);
  await expect(listModels(5 as never)).rejects.toMatchObject({ code: 'usage', layer: 'filter' });
  await expect(listModels('*', { pretrain: true } as never)).rejects.toMatchObject({ code: 'usage', hint: 'Did you mean pretrained?' });
});

test('a row', () => {
  expect(list('resnet18.a1_in1k', { pretrained: true })).toEqual([
    {
      name: 'resnet18.a1_in1k',
      hub: 'hf:timm/resnet18.a1_in1k',
      parameters: 11689512,
      numClasses: 1000,
      top1: 71.5,
      inputSize: [224, 224],
      test: { top1: 73.16, inputSize: [288, 288] },
    },
  ]);
  expect(list('resnet18')).toMatchObject([{ name: 'resnet18', hub: 'hf:timm/resnet18.a1_in1k' }]);
  expect(list('resnetv1d50')).toEqual([{ name: 'resnetv1d50' }]);
});

test.each(['resnet18', 'regnety_004', 'resnetv2_50x1_bit', 'skresnet18', 'test_resnet'])('the parameters of %s', async (name) => {
  const { build } = await resolveArch(`timm/${name}`, { numClasses: 1000 });
  expect(list(name)[0]?.parameters).toBe(build([1, 3, 64, 64]).parameters);
});
