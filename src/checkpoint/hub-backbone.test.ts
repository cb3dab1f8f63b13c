import { describe, expect, test } from 'vitest';
import { resolveArch } from '../arch/index.ts';
import { transformersCard } from './hub-transformers.ts';

const timm50 = {
  model_type: 'detr',
  architectures: ['DetrForObjectDetection'],
  use_timm_backbone: true,
  backbone: 'resnet50',
  dilation: true,
};

describe('config.json of a larger model', () => {
  test.each([
    [timm50, 'timm.resnet50', true],
    [{ model_type: 'conditional_detr', backbone: 'resnet101' }, 'timm.resnet101', true],
    [{ model_type: 'deformable_detr', backbone: 'resnet50' }, 'timm.resnet50', true],
    [
      { model_type: 'upernet', backbone_config: { model_type: 'resnet', depths: [1, 1, 1, 1], out_features: ['stage4'] } },
      'transformers.resnet',
      true,
    ],
    [
      { model_type: 'mask2former', backbone_config: { model_type: 'timm_backbone', backbone: 'resnet18', out_indices: [2, 4] } },
      'timm.resnet18',
      true,
    ],
    [{ model_type: 'timm_backbone', backbone: 'regnety_002' }, 'timm.regnety_002', false],
  ])('%j', async (config, name, isWhole) => {
    const card = transformersCard(config, undefined, 'hf:a/b');
    const arch = await resolveArch(card.arch ?? '');
    expect([arch.name, arch.classes, arch.defaultRun.logits]).toEqual([name, undefined, false]);
    expect(card.whole !== undefined).toBe(isWhole);
    if (name === 'timm.resnet18') expect(arch.defaultRun.features).toEqual([1, 3]);
  });

  test.each([
    [{ layer_type: 'basic', hidden_sizes: [64, 128, 256, 512], depths: [2, 2, 2, 2] }, [512, 2, 2], 4],
    [{}, [2048, 2, 2], 4],
    [{ downsample_in_first_stage: true, downsample_in_bottleneck: true }, [2048, 1, 1], 4],
  ])('RT-DETR’s ResNet: %j', async (config, last, projections) => {
    const card = transformersCard({ model_type: 'rt_detr_resnet', ...config }, undefined, 'hf:a/b');
    const { nodes } = (await resolveArch(card.arch ?? '')).build([1, 3, 64, 64]);
    expect(nodes.at(-1)?.shape.slice(1)).toEqual(last);
    expect(nodes.filter(({ name, op }) => op === 'conv2d' && name.includes('downsample'))).toHaveLength(projections);
  });

  test.each([
    [{ hidden_act: 'gelu' }, 'hidden_act "gelu"'],
    [{ layer_type: 'basic', downsample_in_first_stage: true }, 'basic blocks and downsample_in_first_stage'],
  ])('RT-DETR’s ResNet that cannot be built is called so: %j', (config, what) => {
    expect(() => transformersCard({ model_type: 'rt_detr_resnet', ...config }, undefined, 'hf:a/b')).toThrow(
      `RT-DETR's ResNet with ${what}`,
    );
  });

  test('names the whole, and dilates the last stage where it says so', async () => {
    const card = transformersCard(timm50, undefined, 'hf:a/b');
    expect(card.whole).toBe("a 'detr' model of transformers (DetrForObjectDetection)");
    const { nodes } = (await resolveArch(card.arch ?? '')).build([1, 3, 64, 64]);
    expect(nodes.at(-1)?.shape).toEqual([1, 2048, 4, 4]);
  });

  test.each([
    { model_type: 'mask2former', backbone_config: { model_type: 'swin' } },
    { model_type: 'timm_backbone', backbone: 'vit_base_patch16_224' },
    { model_type: 'detr', use_timm_backbone: false, backbone: 'resnet50' },
  ])('%j has no backbone of this family', (config) => {
    expect(() => transformersCard(config, undefined, 'hf:a/b')).toThrow('not a network of the ResNet family');
  });
});
