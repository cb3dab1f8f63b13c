import { describe, expect, test } from 'vitest';
import { loadModel } from '../model/load.ts';
import { CALLS, optionsOf } from './option-names.ts';
import { unknownName } from './wrong-arguments.ts';

const source = { arch: 'resnet18', weights: { random: 1 } } as const;

describe('options of callers without types', () => {
  test.each<[string, unknown]>([
    ['options', null],
    ['precision', { precision: 'f8' }],
    ['precision', { precision: null }],
    ['inputSize', { inputSize: 5 }],
    ['inputSize', { inputSize: [Number.NaN, 32] }],
    ['batch', { batch: 1e9 }],
    ['memoryBudget', { memoryBudget: -5 }],
    ['memoryBudget', { memoryBudget: Number.NaN }],
    ['device', { device: 5 }],
    ['device', { device: {} }],
    ['signal', { signal: 5 }],
    ['signal', { signal: {} }],
    ['onProgress', { onProgress: 5 }],
  ])('a wrong %s is named', async (layer, options) => {
    await expect(loadModel(source, options as never)).rejects.toMatchObject({ code: 'usage', layer });
  });
});

/** As people misspell: a letter left out, doubled, swapped with the next, or another case. */
function typos(name: string): string[] {
  const middle = Math.floor(name.length / 2);
  const [a = '', b = ''] = [name[middle], name[middle + 1]];
  return [
    name.slice(0, middle) + name.slice(middle + 1),
    name.slice(0, middle) + a + name.slice(middle),
    name.slice(0, middle) + b + a + name.slice(middle + 2),
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^[a-z]+$/, (word) => word.toUpperCase()),
  ].filter((typo) => typo !== name);
}

describe('misspelt options', () => {
  test.each(CALLS.flatMap((call) => optionsOf(call).flatMap((name) => typos(name).map((typo) => [call, typo, name] as const))))(
    '%s: %s',
    (call, typo, name) => {
      const { message, hint } = unknownName(typo, call);
      expect(message).toContain(`'${typo}' is not an option of`);
      expect(hint).toBe(`Did you mean ${name}?`);
    },
  );

  test.each<[string, object, string]>([
    ['dtype', { dtype: 'fp16' }, 'Did you mean precision?'],
    ['progress_callback', { progress_callback: () => undefined }, 'Did you mean onProgress?'],
    ['revision', { revision: 'main' }, "Write it into the address: 'hf:owner/name@revision'."],
    ['top_k', { top_k: 5 }, 'topK belongs to classify.'],
    ['labels', { labels: [] }, "labels belongs to loadModel's first argument."],
    ['device', { device: 'webgpu' }, 'Leave it out: the library runs on WebGPU only, and asks for a device itself.'],
  ])('of other libraries: %s', async (layer, options, hint) => {
    await expect(loadModel(source, options)).rejects.toMatchObject({ code: 'usage', layer, hint });
  });

  test('of the source, before weights are missed', async () => {
    const wrong = loadModel({ arch: 'resnet18', checkpoint: 'a.pth' } as never);
    await expect(wrong).rejects.toMatchObject({ code: 'usage', hint: 'Did you mean weights?' });
  });

  test('an undefined one is none', async () => {
    await expect(loadModel(source, { dtype: undefined, inputSize: 5 } as never)).rejects.toMatchObject({ layer: 'inputSize' });
  });
});

describe('names in the place of weights', () => {
  test.each<[string | { arch: string; weights: string }, string]>([
    ['resnet50', 'hf:timm/resnet50.a1_in1k'],
    ['ResNet-18', 'hf:timm/resnet18.a1_in1k'],
    ['regnet_y_400mf', 'hf:timm/regnety_004'],
    ['timm/resnet34', 'hf:timm/resnet34.a1_in1k'],
    ['ResNet50_Weights.IMAGENET1K_V2', 'hf:timm/resnet50.tv2_in1k'],
    [{ arch: 'resnet50', weights: 'IMAGENET1K_V1' }, 'hf:timm/resnet50.tv_in1k'],
    [{ arch: 'resnet50', weights: 'IMAGENET1K_V2' }, 'hf:timm/resnet50.tv2_in1k'],
    [{ arch: 'regnet_x_1_6gf', weights: 'IMAGENET1K_V2' }, 'hf:timm/regnetx_016.tv2_in1k'],
    [{ arch: 'resnet18', weights: 'IMAGENET1K_V2' }, 'hf:timm/resnet18.a1_in1k'],
    [{ arch: 'seresnet50', weights: 'DEFAULT' }, 'hf:timm/seresnet50.a1_in1k'],
    [{ arch: 'resnet50', weights: 'pretrained' }, 'hf:timm/resnet50.a1_in1k'],
  ])('%j', async (given, hub) => {
    const failure = await loadModel(given).catch((error) => error);
    expect(failure).toMatchObject({ code: 'usage', layer: 'weights', hint: expect.stringContaining(hub) });
  });
});
