import { describe, expect, it, test } from 'vitest';
import { buildGraph } from '../../src/arch/graph.ts';
import { resolveArch } from '../../src/arch/index.ts';
import { BUNDLED_OFFER, downloadSize, HUB_OFFERS, offerById, readRemembered, reasonInWords, repositoryOf } from './offers.ts';

describe.each([BUNDLED_OFFER, ...HUB_OFFERS])('the offer $name', (offer) => {
  it('is as large as its numbers, which are float32', () => {
    const { parameters, nodes } = buildGraph(offer.arch, [1, 3, 64, 64]);
    // Running means and variances, which do not count as parameters.
    const statistics = nodes.filter(({ op }) => op === 'batch_norm').reduce((sum, { shape }) => sum + 2 * (shape[1] ?? 0), 0);
    const bytes = 4 * (parameters + statistics);
    expect(offer.bytes / bytes).toBeGreaterThan(0.995);
    expect(offer.bytes / bytes).toBeLessThan(1.02);
  });

  it('has so many classes', async () => {
    expect((await resolveArch(offer.arch)).classes).toBe(offer.classes);
  });
});

it('what is remembered comes back, and nothing else does', () => {
  for (const one of [{ offer: 'resnet18.a1_in1k' }, { weights: 'hf:a/b', arch: 'resnet18' }, { weights: 'https://example.org/x.pth' }])
    expect(readRemembered(JSON.stringify(one))).toEqual(one);
  for (const text of [null, 'null', '{', '3', '{"offer":"gone"}', '{"offer":1}', '[]']) expect(readRemembered(text)).toBeUndefined();
});

it('every offer of the Hub is one click to its repository', () => {
  expect(HUB_OFFERS.map(repositoryOf)).toEqual([
    'hf:timm/regnety_004.tv2_in1k',
    'hf:timm/resnet18.a1_in1k',
    'hf:timm/resnet50.a1_in1k',
    'hf:timm/test_resnet.r160_in1k',
  ]);
  expect(offerById('resnet50.a1_in1k')?.name).toBe('ResNet-50');
});

test.each([
  [17_600_000, '17.6 MB'],
  [46_800_000, '47 MB'],
  [102_500_000, '103 MB'],
  [1_900_000, '1.9 MB'],
])('%i bytes are %s', (bytes, words) => expect(downloadSize(bytes)).toBe(words));

it('says which network is in use, and why', () => {
  expect(reasonInWords('ResNet-18', 'remembered')).toBe('In use: ResNet-18, your choice of last time.');
});
