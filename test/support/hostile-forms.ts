/**
 * Every form of input that contains numbers: a valid example, and what is derived from it before a GPU is used. A modified input must give
 * a ResnetError, or the same result as before.
 */
import { readFileSync } from 'node:fs';
import type { Preprocess } from '../../src/api/types.ts';
import { buildGraph } from '../../src/arch/graph.ts';
import { type Arch, resolveArch } from '../../src/arch/index.ts';
import { sourceOf } from '../../src/checkpoint/byte-source.ts';
import { guessArch } from '../../src/checkpoint/guess.ts';
import { timmCard } from '../../src/checkpoint/hub-timm.ts';
import { transformersCard } from '../../src/checkpoint/hub-transformers.ts';
import { parseManifest } from '../../src/checkpoint/manifest.ts';
import { manifestCheckpoint } from '../../src/checkpoint/manifest-tensors.ts';
import { readCheckpoint } from '../../src/checkpoint/read.ts';
import type { RepositoryCard } from '../../src/checkpoint/repository-card.ts';
import { parseLabels } from '../../src/cli/parse-labels.ts';
import { outputSize } from '../../src/image/geometry.ts';
import { mergePreprocess } from '../../src/image/recipe.ts';
import { hashedCheckpoint } from './hashed-weights.ts';
import { safetensors } from './safetensors-writer.ts';

export interface Form {
  name: string;
  value: unknown;
  /** The library's understanding of the input, as text. Undefined if it only says that the input is valid. */
  read(value: unknown): Promise<string>;
}

const small = { num_stages: 2, strides: [1, 2], dilations: [1, 1], out_indices: [1], base_channels: 8, stem_channels: 8 };
const plugin = { cfg: { type: 'ContextBlock', ratio: 0.25 }, position: 'after_conv3', stages: [true, false] };
const attention = {
  cfg: {
    type: 'GeneralizedAttention',
    num_heads: 2,
    attention_type: '1111',
    kv_stride: 2,
    q_stride: 1,
    position_magnitude: 1,
    position_embedding_dim: -1,
  },
  position: 'after_conv2',
};

const CONFIGS: Record<string, unknown> = {
  ResNet: {
    type: 'ResNet',
    depth: 50,
    ...small,
    in_channels: 3,
    expansion: 4,
    frozen_stages: 1,
    drop_path_rate: 0.1,
    norm_cfg: { type: 'GN', num_groups: 4, eps: 1e-5 },
  },
  'ResNet of ConvWS': { type: 'ResNet', depth: 18, ...small, conv_cfg: { type: 'ConvWS', eps: 1e-5 } },
  ResNeXt: { type: 'ResNeXt', depth: 50, ...small, groups: 2, width_per_group: 4 },
  SEResNet: { type: 'SEResNet', depth: 50, ...small, se_ratio: 16 },
  ResNeSt: { type: 'ResNeSt', depth: 50, ...small, groups: 2, width_per_group: 4, radix: 2, reduction_factor: 4 },
  Res2Net: { type: 'Res2Net', depth: 50, ...small, scales: 4, base_width: 6 },
  RegNet: {
    type: 'RegNet',
    arch: { w0: 8, wa: 8, wm: 2, group_w: 8, depth: 4, bot_mul: 1 },
    strides: [2, 2, 2],
    dilations: [1, 1, 1],
    out_indices: [2],
    stem_channels: 8,
    base_channels: 32,
  },
  CifarResNet: { type: 'CifarResNet', depth: 20, num_classes: 10, in_channels: 3 },
  mmdet: {
    type: 'mmdet.ResNet',
    depth: 50,
    ...small,
    dcn: { type: 'DCNv2', deform_groups: 1 },
    stage_with_dcn: [false, true],
    plugins: [plugin, attention],
  },
  Trident: {
    type: 'mmdet.TridentResNet',
    depth: 50,
    ...small,
    num_stages: 3,
    strides: [1, 2, 2],
    dilations: [1, 1, 1],
    num_branch: 3,
    test_branch_idx: 1,
    trident_dilations: [1, 2, 3],
  },
  DetectoRS: {
    type: 'mmdet.DetectoRS_ResNeXt',
    depth: 50,
    ...small,
    groups: 2,
    base_width: 4,
    sac: { type: 'SAC', use_deform: false },
    stage_with_sac: [false, true],
  },
  classifier: {
    type: 'ImageClassifier',
    backbone: { type: 'ResNet', depth: 18, ...small },
    neck: { type: 'GeneralizedMeanPooling', p: 3, eps: 1e-6 },
    head: {
      type: 'StackedLinearClsHead',
      num_classes: 7,
      in_channels: 16,
      mid_channels: [12],
      dropout_rate: 0.1,
      norm_cfg: { type: 'BN1d', eps: 1e-5 },
      topk: [1, 5],
    },
    data_preprocessor: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], to_rgb: true, pad_size_divisor: 32, pad_value: 0 },
  },
  'timm ResNet': {
    library: 'timm',
    type: 'ResNet',
    block: 'Bottleneck',
    layers: [1, 1, 1, 1],
    channels: [8, 8, 16, 16],
    cardinality: 2,
    base_width: 32,
    block_reduce_first: 1,
    down_kernel_size: 1,
    stem_width: 8,
    stem_type: 'deep',
    output_stride: 32,
    block_args: { attn_layer: 'se', rd_ratio: 0.25 },
    num_classes: 7,
    in_chans: 3,
    drop_rate: 0.1,
  },
  'timm Res2Net': {
    library: 'timm',
    type: 'ResNet',
    block: 'Bottle2neck',
    layers: [1, 1],
    channels: [64, 64],
    base_width: 16,
    block_args: { scale: 3 },
    num_classes: 7,
  },
  'timm ResNeSt': {
    library: 'timm',
    type: 'ResNet',
    block: 'ResNestBottleneck',
    layers: [1, 1],
    channels: [64, 64],
    base_width: 16,
    block_args: { radix: 2, avd: true },
    num_classes: 7,
  },
  'timm RegNet': {
    library: 'timm',
    type: 'RegNet',
    depth: 5,
    w0: 8,
    wa: 8,
    wm: 2,
    group_size: 8,
    bottle_ratio: 1,
    group_min_ratio: 0.9,
    se_ratio: 0.25,
    stem_width: 8,
    num_features: 32,
    num_classes: 7,
  },
  'timm SENet': {
    library: 'timm',
    type: 'SENet',
    block: 'SEResNetBottleneck',
    layers: [1, 1],
    groups: 1,
    reduction: 16,
    inplanes: 8,
    downsample_kernel_size: 1,
    num_classes: 7,
  },
  'torchvision ResNet': {
    library: 'torchvision',
    type: 'ResNet',
    block: 'Bottleneck',
    layers: [1, 1, 1, 1],
    groups: 2,
    width_per_group: 4,
    num_classes: 7,
    replace_stride_with_dilation: [false, false, true],
  },
  'torchvision RegNet': {
    library: 'torchvision',
    type: 'RegNet',
    depth: 5,
    w_0: 8,
    w_a: 8,
    w_m: 2,
    group_width: 8,
    bottleneck_multiplier: 1,
    se_ratio: 0.25,
    stem_width: 8,
    num_classes: 7,
  },
  'an entry point': { library: 'timm', entrypoint: 'resnet18', num_classes: 7, in_chans: 1 },
};

async function readArch(arch: unknown, more: { numClasses?: number; card?: RepositoryCard } = {}): Promise<string> {
  const resolved = await resolveArch(arch as Arch, { numClasses: more.numClasses });
  const preprocess = mergePreprocess({ ...resolved.preprocess, ...more.card?.preprocess }, {}, resolved.inputChannels);
  const [height, width] = more.card?.inputSize ?? [64, 64];
  const graph = resolved.build([1, resolved.inputChannels, Math.min(height, 256), Math.min(width, 256)]);
  const sizes = [outputSize(640, 480, preprocess), outputSize(2, 900, { ...preprocess, crop: preprocess.crop ?? 224 })];
  const labels = more.card?.labels;
  if (labels && !labels.every((label) => typeof label === 'string')) throw new Error('a label is not a string');
  return JSON.stringify([
    graph.toString(),
    graph.nodes.map(({ attributes }) => attributes),
    resolved.defaultRun,
    resolved.scores,
    resolved.classes,
    preprocess,
    sizes,
    labels,
    height,
    width,
  ]);
}

const timm = {
  architecture: 'resnet18',
  num_classes: 3,
  model_args: { layers: [1, 1, 1, 1], in_chans: 3 },
  label_names: ['a', 'b', 'c'],
  pretrained_cfg: {
    tag: 'x',
    input_size: [3, 64, 64],
    test_input_size: [3, 96, 96],
    crop_pct: 0.875,
    test_crop_pct: 1,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    interpolation: 'bicubic',
  },
};
const transformers = {
  config: {
    model_type: 'resnet',
    num_channels: 3,
    embedding_size: 8,
    hidden_sizes: [16, 32],
    depths: [1, 1],
    layer_type: 'basic',
    id2label: { 0: 'a', 1: 'b' },
    architectures: ['ResNetForImageClassification'],
  },
  processor: {
    image_processor_type: 'ConvNextImageProcessor',
    size: { shortest_edge: 224 },
    crop_pct: 0.875,
    resample: 3,
    rescale_factor: 1 / 255,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
};
const clip = {
  ...transformers,
  processor: {
    image_processor_type: 'CLIPImageProcessor',
    size: 224,
    crop_size: { height: 224, width: 192 },
    resample: 2,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  },
};
const vit = { ...transformers, processor: { image_processor_type: 'ViTImageProcessor', size: { height: 224, width: 192 }, resample: 2 } };

const manifest = {
  format: 'resnet-webgpu',
  formatVersion: 1,
  generatedBy: 'x',
  dtype: 'f32',
  arch: { type: 'CifarResNet', depth: 20, num_classes: 3 },
  numClasses: 3,
  inputSize: [32, 32],
  labels: ['a', 'b', 'c'],
  preprocess: {
    resize: { size: 40, edge: 'short', filter: 'bilinear', kernel: 'pillow' },
    crop: 32,
    mean: [1, 2, 3],
    std: [4, 5, 6],
    order: 'rgb',
    padDivisor: 32,
    padValue: 0,
  },
  golden: { seed: 7, inputShape: [1, 3, 32, 32], outputs: [{ node: 'head.fc', step: 1, values: [0.5, 0.25] }] },
  shards: [{ path: 'x.bin', bytes: 22, sha256: '0'.repeat(64) }],
  folded: { bn1: { channels: 4, shift: 'b' } },
  weightsManifest: [
    {
      paths: ['x.bin'],
      weights: [
        { name: 'a', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
        { name: 'b', shape: [1], dtype: 'float32' },
        { name: 'c', shape: [2, 2], dtype: 'float32', quantization: { dtype: 'uint16', scale: 0.5, min: -1 } },
        { name: 'd', shape: [2], dtype: 'int32' },
      ],
    },
  ],
};

async function readManifest(value: unknown): Promise<string> {
  const parsed = parseManifest(JSON.stringify(value) ?? '', 'manifest.json');
  const sources = parsed.groups.map(({ bytes }) => sourceOf(new Uint8Array(Math.min(bytes, 1000)), 'x.bin'));
  const tensors: unknown[] = [];
  for (const [key, tensor] of manifestCheckpoint(parsed, sources, 'manifest.json').tensors)
    tensors.push([key, [...(await tensor.read()).data]]);
  const { card } = parsed;
  return JSON.stringify([tensors, card && (await readArch(card.arch, { numClasses: card.numClasses, card })), card?.golden]);
}

/** Names and shapes of a small network, in the form of a safetensors header. */
const shapes = Object.fromEntries(
  [...hashedCheckpoint(buildGraph({ type: 'CifarResNet', depth: 8, num_classes: 3 }, [1, 3, 32, 32])).tensors].map(([key, { shape }]) => [
    key.replace('head.fc', 'linear'),
    shape,
  ]),
);

/** The architecture that is guessed from names and shapes, without the numbers. */
async function readShapes(value: unknown): Promise<string> {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [key, shape] of Object.entries(value as typeof shapes)) {
    const count = Array.isArray(shape) ? shape.reduce((a, b) => a * (typeof b === 'number' ? b : Number.NaN), 1) : 1;
    const bytes = Number.isSafeInteger(count) && count >= 0 && count < 1e5 ? count * 4 : 4;
    header[key] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const checkpoint = await readCheckpoint(safetensors.raw(JSON.stringify(header), new Uint8Array(at)));
  for (const { read } of checkpoint.tensors.values()) await read();
  return JSON.stringify(guessArch(checkpoint).arch);
}

const preprocess = {
  resize: { size: [240, 256], edge: 'exact', filter: 'bilinear', kernel: 'opencv' },
  crop: [224, 192],
  mean: [1, 2, 3],
  std: [4, 5, 6],
  padDivisor: 32,
  padValue: 1,
};
const usual: Preprocess = { mean: [0, 0, 0], std: [1, 1, 1], order: 'rgb' };

export const FORMS: Form[] = [
  ...Object.entries(CONFIGS).map(([name, value]) => ({ name, value, read: (arch: unknown) => readArch(arch) })),
  { name: 'timm card', value: timm, read: (value) => ofCard(timmCard(value as typeof timm, 'hf:a/b')) },
  {
    name: 'timm card with a dict of labels',
    value: { ...timm, label_names: { 0: 'a', 1: 'b', 2: 'c' }, label_descriptions: { a: 'an a' } },
    read: (value) => ofCard(timmCard(value as typeof timm, 'hf:a/b')),
  },
  ...Object.entries({ ConvNext: transformers, CLIP: clip, ViT: vit }).map(([name, value]) => ({
    name: `transformers card, ${name}`,
    value,
    read: (given: unknown) => {
      const { config, processor } = given as typeof transformers;
      return ofCard(transformersCard(isObject(config) ? config : {}, isObject(processor) ? processor : {}, 'hf:a/b'));
    },
  })),
  { name: 'manifest', value: manifest, read: readManifest },
  {
    name: 'first manifest that was written',
    value: JSON.parse(readFileSync('test/converted/int8/manifest.json', 'utf8')),
    read: async (value) => {
      const { card } = parseManifest(JSON.stringify(value) ?? '', 'manifest.json');
      return card ? ofCard(card) : '';
    },
  },
  { name: 'shapes of tensors', value: shapes, read: readShapes },
  {
    name: 'preprocess',
    value: preprocess,
    read: async (value) =>
      JSON.stringify([
        mergePreprocess(usual, value as Partial<Preprocess>),
        outputSize(640, 480, mergePreprocess(usual, value as Partial<Preprocess>)),
      ]),
  },
  {
    name: 'labels of the command',
    value: { 0: 'a', 1: 'b', 2: ['n01', 'c'] },
    read: async (value) => JSON.stringify(parseLabels(JSON.stringify(value) ?? '')),
  },
];

function ofCard(card: RepositoryCard): Promise<string> {
  return readArch(card.arch, { numClasses: card.numClasses, card });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
