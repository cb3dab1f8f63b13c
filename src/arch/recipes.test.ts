import { describe, expect, test } from 'vitest';
/** Recipes according to timm and torchvision themselves (test/libraries/recipes.py). */
import json from '../../test/libraries/recipes.json' with { type: 'json' };
import { ResnetError } from '../util/errors.ts';
import { archNames, resolveArch } from './index.ts';

type Row = (string | number)[];
const known = new Set(archNames());
const timm = Object.entries(json.timm as Record<string, Row>).filter(([name]) => known.has(name.replace(/^timm\/|\..*$/g, '')));

/** [size, resize, filter, mean of the first channel]. */
function view({
  preprocess: { resize, crop, mean },
  inputSize,
}: Pick<Awaited<ReturnType<typeof resolveArch>>, 'preprocess' | 'inputSize'>) {
  expect(inputSize).toEqual([crop, crop]);
  return [crop, resize?.size, resize?.filter, Number(((mean[0] ?? 0) / 255).toFixed(4))];
}

describe('recipes', () => {
  test.each(timm)("%s is timm's", async (name, [size, resize, filter, mean, classes, ...forTest]) => {
    const arch = await resolveArch(name);
    expect(view(arch)).toEqual([size, resize, filter, mean]);
    expect(arch.classes ?? 0).toBe(classes);
    expect(arch.test && view(arch.test)).toEqual(forTest.length > 0 ? [...forTest, filter, mean] : undefined);
  });

  test("DEFAULT and all entries are torchvision's", async () => {
    for (const [name, [size, resize, filter]] of Object.entries(json.torchvision as Record<string, Row>)) {
      expect([name, ...view(await resolveArch(name))]).toEqual([name, size, resize, filter, 0.485]);
    }
  });

  test('covers the names', () => {
    expect(timm.length).toBeGreaterThan(220);
    expect(Object.keys(json.torchvision).length).toBe(76);
  });

  test.each([
    ['resnet50.no_such_tag', /resnet50\.\w+/],
    ['resnet50.a1_in1K', /Did you mean resnet50\.a1_in1k/],
    ['timm/regnety_032.ra2_in1k', /regnety_032\.ra_in1k/],
    ['ResNet50_Weights.IMAGENET1K_V3', /IMAGENET1K_V1, IMAGENET1K_V2, DEFAULT/],
    ['ResNet18_Weights.IMAGENET1K_V2', /IMAGENET1K_V1, DEFAULT/],
  ])('%s does not exist', async (name, hint) => {
    const error = await resolveArch(name).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ResnetError);
    expect(error).toMatchObject({ code: 'unknown-arch', hint: expect.stringMatching(hint) });
  });

  test('of a tag without classes is for a backbone', async () => {
    const { classes, defaultRun, preprocess } = await resolveArch('resnet50.bamboo');
    expect([classes, defaultRun.logits, preprocess.resize?.size]).toEqual([undefined, false, 224]);
  });

  test('for another number of channels, too', async () => {
    const arch = await resolveArch({ library: 'timm', entrypoint: 'resnet50.a1_in1k', in_chans: 1 });
    expect([arch.preprocess.mean.length, arch.test?.preprocess.mean.length, arch.test?.inputSize]).toEqual([1, 1, [288, 288]]);
  });
});
