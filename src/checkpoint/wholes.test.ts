import { describe, expect, test } from 'vitest';
import type { GeneralConfig } from '../arch/config.ts';
import { ResnetError } from '../util/errors.ts';
import { guessArch } from './guess.ts';
import { guessed } from './reread.ts';
import type { CheckpointTensor } from './types.ts';
import { wholeOf } from './wholes.ts';

type Tensors = Record<string, number[]>;

const tensor = (shape: number[]): CheckpointTensor => ({ dtype: 'f32', shape, read: async () => ({ data: new Float32Array(), shape }) });

const file = (...parts: Tensors[]) => ({
  format: 'memory' as const,
  scheme: 'unknown' as const,
  metadata: {},
  tensors: new Map(parts.flatMap((part) => Object.entries(part)).map(([name, shape]) => [name, tensor(shape)])),
});

interface Names {
  stem?: [string, string];
  block?: (stage: number) => string;
  unit?: (n: number) => [string, string];
  shortcut?: (stage: number) => [string, string];
  stages?: number;
  bias?: boolean;
  norms?: string[];
}

const RUNNING = ['weight', 'bias', 'running_mean', 'running_var'];

/** Basic blocks with 8, 16, 32 and 64 channels, one in each stage. The first has a projection, too. */
function trunk(prefix: string, names: Names = {}): Tensors {
  const { stem = ['conv1', 'bn1'], block = (s) => `layer${s + 1}.0`, unit = (n) => [`conv${n}`, `bn${n}`], norms = RUNNING } = names;
  const { shortcut = () => ['downsample.0', 'downsample.1'], stages = 4, bias = false } = names;
  const made: Tensors = {};
  const add = (at: string, [conv, norm]: [string, string], [out = 0, ...rest]: number[]) => {
    made[`${prefix}${at}${conv}.weight`] = [out, ...rest];
    for (const name of norms) made[`${prefix}${at}${norm}.${name}`] = [out];
  };
  add('', stem, [8, 3, 7, 7]);
  for (let s = 0; s < stages; s++) {
    const [from, out] = [s ? 4 * 2 ** s : 8, 8 * 2 ** s];
    add(`${block(s)}.`, unit(1), [out, from, 3, 3]);
    add(`${block(s)}.`, unit(2), [out, out, 3, 3]);
    add(`${block(s)}.`, shortcut(s), [out, from, 1, 1]);
    if (bias) made[`${prefix}${block(s)}.${shortcut(s)[0]}.bias`] = [out];
  }
  return made;
}

const detr: Tensors = {
  'model.input_projection.weight': [16, 64, 1, 1],
  'model.input_projection.bias': [16],
  'model.encoder.layers.0.self_attn.q_proj.weight': [16, 16],
  'class_labels_classifier.weight': [6, 16],
  'class_labels_classifier.bias': [6],
  'bbox_predictor.layers.0.weight': [16, 16],
  'bbox_predictor.layers.0.bias': [16],
  'bbox_predictor.layers.1.weight': [4, 16],
  'bbox_predictor.layers.1.bias': [4],
};
const fpn: Tensors = Object.fromEntries([8, 16, 32, 64].map((width, i) => [`backbone.fpn.inner_blocks.${i}.0.weight`, [16, width, 1, 1]]));

describe('a network inside of something larger', () => {
  test.each<[string, Tensors, string]>([
    ['model.backbone.conv_encoder.model.', detr, 'a detector of the DETR family'],
    [
      'backbone.body.',
      { ...fpn, 'rpn.head.cls_logits.weight': [3, 16, 1, 1], 'roi_heads.box_predictor.cls_score.weight': [5, 64] },
      'a Faster R-CNN',
    ],
    ['backbone.', { ...fpn, 'decode_head.psp_modules.0.1.conv.weight': [16, 64, 1, 1] }, 'a UPerNet segmenter'],
    [
      'visual.',
      { 'text.blocks.0.attn.in_proj_weight': [48, 16], 'text_projection.weight': [16, 64] },
      'a larger model with attention in it',
    ],
  ])('%s has no head, and the whole is named', async (prefix, around, whole) => {
    const { arch, warnings, source } = await guessed(file(trunk(prefix), around), {});
    expect(arch.defaultRun.logits).toBe(false);
    expect(warnings).toEqual([`The file holds ${whole}; its backbone was loaded, ${prefix.slice(0, -1)}.`]);
    expect(source.head).toContain(`none; left out: what makes it ${whole}`);
  });

  test('a segmenter can classify besides', () => {
    const around = {
      'segmentation_head.0.weight': [2, 16, 3, 3],
      'classification_head.3.weight': [4, 64],
      'classification_head.3.bias': [4],
    };
    const { source, whole } = guessArch(file(trunk('encoder.'), around));
    expect([source.head, whole]).toEqual(['classification_head: Linear 64 > 4', 'a segmenter of segmentation_models_pytorch']);
  });

  test('a classifier is whole', () => {
    const head = { 'fc.weight': [5, 64], 'fc.bias': [5] };
    expect(guessArch(file(trunk(''), head)).whole).toBeUndefined();
    expect(wholeOf(['layer1.0.conv1.weight', 'layer4.0.bn2.bias', 'fc.weight'])).toBeUndefined();
  });

  test('is dilated before a segmentation head, but not where a pyramid takes every stage', () => {
    const head = { 'decode_head.convs.0.conv.weight': [16, 64, 3, 3] };
    const strides = (around: Tensors) => ((guessArch(file(trunk('backbone.'), around)).arch as GeneralConfig).strides ?? []).join();
    expect([strides(head), strides({ ...head, ...fpn })]).toEqual(['1,2,1,1', '1,2,2,2']);
  });
});

describe('what names and biases tell', () => {
  test('of a shortcut whose convolution is inside of what follows a pooling', () => {
    const names: Names = {
      block: (s) => `encoder.stages.${s}.layers.0`,
      unit: (n) => [`layer.${n - 1}.convolution`, `layer.${n - 1}.normalization`],
      shortcut: (s) => (s ? ['shortcut.1.convolution', 'shortcut.1.normalization'] : ['shortcut.convolution', 'shortcut.normalization']),
    };
    const { arch } = guessArch(file(trunk('', names)));
    expect(arch).toMatchObject({ avg_down: true, projected: [true, true, true, true], strides: [1, 2, 2, 2] });
  });

  test('of shortcuts alone that have biases: MONAI’s, whose stem has a stride of 1', () => {
    const { arch, assumed } = guessArch(file(trunk('', { bias: true }), { 'fc.weight': [5, 64], 'fc.bias': [5] }));
    expect(arch).toMatchObject({ backbone: { stem: { stride: 1, pool: 'max' } } });
    expect(assumed.find(({ what }) => what === 'stem')?.why).toContain('MONAI');
  });

  test('biases of shortcuts before group norms: the other convolutions get zeros', () => {
    const made = file(trunk('', { bias: true, norms: ['weight', 'bias'], stages: 4 }));
    let candidates: ResnetError['candidates'];
    try {
      guessArch(made);
    } catch (error) {
      if (error instanceof ResnetError) ({ candidates } = error);
    }
    expect(candidates?.length).toBeGreaterThan(1);
  });
});

describe('relatives have the shapes of the family', () => {
  const units: Names = { stem: ['stem.conv', 'stem.bn'], block: (s) => `stages.${s}.0` };
  const byob: Names = {
    ...units,
    unit: (n) => [`conv${n}_kxk.conv`, `conv${n}_kxk.bn`],
    shortcut: () => ['shortcut.conv', 'shortcut.bn'],
  };

  test('and are refused by what they are', () => {
    expect(() => guessArch(file(trunk('', byob), { 'head.fc.weight': [5, 64] }))).toThrow('a ByobNet of timm');
    const dla: Names = { block: (s) => `level${s + 2}.tree1`, shortcut: () => ['project.0', 'project.1'] };
    expect(() => guessArch(file(trunk('', dla)))).toThrow('a DLA');
  });

  test('but not for what stands beside the trunk', () => {
    expect(() => guessArch(file(trunk('cnn.'), trunk('other.', byob)))).not.toThrow();
  });
});
