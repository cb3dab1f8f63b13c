/** Small reference networks in the form of Hub repositories. */
import { buildGraph } from '../../src/arch/graph.ts';
import type { Arch } from '../../src/arch/index.ts';
import { checkpointKeys } from '../../src/checkpoint/naming.ts';
import { type GoldenNetwork, goldenNetwork } from './golden-networks.ts';
import { type HubFiles, renamed } from './hub-server.ts';

const LABELS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

export interface Repository {
  golden: GoldenNetwork;
  /** By name. */
  files: Record<string, Uint8Array | object>;
}

/** The form in which timm pushes a fine-tuned network: with class names and descriptions. */
export function timmRepository(path = 'timm/resnet_basic'): Repository {
  const golden = goldenNetwork(path);
  const { type: _, num_classes, ...model_args } = golden.config;
  const names = LABELS.slice(0, Number(num_classes));
  const config = {
    architecture: 'resnet18',
    num_classes,
    num_features: 32,
    label_names: names,
    label_descriptions: Object.fromEntries(names.slice(1).map((name) => [name, `the number ${name}`])),
    model_args,
    pretrained_cfg: {
      tag: 'test',
      custom_load: false,
      input_size: [3, 64, 64],
      test_input_size: [3, 96, 96],
      interpolation: 'bicubic',
      crop_pct: 0.95,
      crop_mode: 'center',
      mean: [0.5, 0.4, 0.3],
      std: [0.2, 0.25, 0.3],
      num_classes,
    },
  };
  return { golden, files: { 'config.json': config, 'model.safetensors': golden.weights } };
}

const ID2LABEL = Object.fromEntries(LABELS.map((label, i) => [String(i), label]));

/** The form in which transformers saves ResNetForImageClassification. */
export function transformersRepository(): Repository {
  const golden = goldenNetwork('classifier/resnet18_gap_linear');
  const config = {
    architectures: ['ResNetForImageClassification'],
    depths: [2, 2, 2, 2],
    downsample_in_bottleneck: false,
    downsample_in_first_stage: false,
    embedding_size: 6,
    hidden_act: 'relu',
    hidden_sizes: [2, 4, 8, 16],
    id2label: ID2LABEL,
    label2id: Object.fromEntries(LABELS.map((label, i) => [label, i])),
    layer_type: 'basic',
    model_type: 'resnet',
    num_channels: 3,
    torch_dtype: 'float32',
    transformers_version: '4.30.2',
  };
  const processor = {
    crop_pct: 0.875,
    do_normalize: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_processor_type: 'ConvNextImageProcessor',
    image_std: [0.229, 0.224, 0.225],
    resample: 3,
    rescale_factor: 0.00392156862745098,
    size: { shortest_edge: 64 },
  };
  return {
    golden,
    files: { 'config.json': config, 'preprocessor_config.json': processor, 'model.safetensors': inTransformersNames(golden, 'backbone.') },
  };
}

/** A RegNet-Y from before safetensors and image processors. */
export function regnetRepository(): Repository {
  const golden = goldenNetwork('timm/regnety');
  const stages = buildGraph(golden.arch, [1, 3, 64, 64]).outputs.filter(({ kind }) => kind === 'feature');
  const nodes = new Map(buildGraph(golden.arch, [1, 3, 64, 64]).nodes.map((node) => [node.name, node]));
  const config = {
    architectures: ['RegNetForImageClassification'],
    depths: stages.map(({ node }) => Number(/\.(\d+)\./.exec(node)?.[1]) + 1),
    downsample_in_first_stage: true,
    embedding_size: 8,
    groups_width: 4,
    hidden_act: 'relu',
    hidden_sizes: stages.map(({ node }) => nodes.get(node)?.shape[1]),
    id2label: Object.fromEntries(Object.entries(ID2LABEL).slice(0, 5)),
    layer_type: 'y',
    model_type: 'regnet',
    num_channels: 3,
  };
  const processor = {
    crop_pct: 0.9,
    do_normalize: true,
    do_resize: true,
    feature_extractor_type: 'ConvNextFeatureExtractor',
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
    resample: 2,
    size: 64,
  };
  return {
    golden,
    files: { 'config.json': config, 'preprocessor_config.json': processor, 'model.safetensors': inTransformersNames(golden) },
  };
}

function inTransformersNames({ arch, weights }: GoldenNetwork, prefix = ''): Uint8Array {
  const graph = buildGraph(arch as Arch, [1, 3, 64, 64]);
  const theirs = checkpointKeys(graph, prefix ? 'mmpretrain' : 'timm', undefined, prefix);
  const ours = checkpointKeys(graph, 'transformers');
  const names = new Map([...theirs].map(([canonical, key]) => [key, ours.get(canonical) ?? key]));
  return renamed(
    weights,
    (key) => names.get(key) ?? names.get(key.replace('num_batches_tracked', 'weight'))?.replace(/weight$/, 'num_batches_tracked') ?? key,
  );
}

/** A hub's files. */
export function inHub(repositories: Record<string, Repository['files']>, revision = 'main'): HubFiles {
  return Object.fromEntries(
    Object.entries(repositories).flatMap(([name, files]) =>
      Object.entries(files).map(([file, content]) => [`${name}/${revision}/${file}`, content]),
    ),
  );
}
