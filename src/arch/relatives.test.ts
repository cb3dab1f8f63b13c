import { expect, test } from 'vitest';
import { archNames, resolveArch } from './index.ts';
import { relativeOf } from './relatives.ts';

test.each([
  ['resnet51q', 'a ByobNet'],
  ['seresnet33ts.ra2_in1k', 'a ByobNet'],
  ['gcresnet50t', 'a ByobNet'],
  ['resnet50x4_clip_gap', 'a ByobNet'],
  ['eca_resnext26ts', 'a ByobNet'],
  ['lambda_resnet26rpt_256', 'a ByoaNet'],
  ['haloregnetz_b', 'a ByoaNet'],
  ['cspresnext50', 'a CspNet'],
  ['nf_ecaresnet101', 'an NFNet'],
  ['tresnet_m', 'a TResNet'],
  ['vit_base_resnet50d_224', 'a vision transformer'],
])('%s is %s', async (name, what) => {
  expect(relativeOf(name)).toContain(what);
  await expect(resolveArch(name)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(what) });
  await expect(resolveArch({ library: 'timm', entrypoint: name })).rejects.toMatchObject({ code: 'unsupported' });
});

test('names of the family are no relatives', () => {
  expect(archNames().filter((name) => relativeOf(name))).toEqual([]);
});

test('other names have no explanation', async () => {
  expect(relativeOf('resnet500')).toBeUndefined();
  await expect(resolveArch('resnet500')).rejects.toMatchObject({ code: 'unknown-arch' });
});
