/**
 * The libraries' names for the tensors of a network. Canonical keys are MMPretrain's without `backbone.`. A scheme has another name
 * for each structural part. Checked with the libraries' own state dicts.
 */
import type { Graph, ParameterSpec } from '../graph/types.ts';
import type { NamingScheme } from './types.ts';

type Layer = 'conv' | 'norm';

/** Names of the structural parts in a scheme. The default is the canonical name. */
interface Names {
  /** Prefix of everything but the head. */
  root?: string;
  /** `i` counts the convolutions of a deep stem. It is undefined for a single one. */
  stem?: (layer: Layer, i: number | undefined) => string;
  /** The convolution that replaces ResNet-RS's max-pool. */
  stemPool?: (layer: Layer) => string;
  /** Both count from 0. */
  block?: (stage: number, block: number) => string;
  /** The n-th convolution of a block, or the norm after it. `type` is bn, gn, in or ln. */
  layer?: (layer: Layer, n: number, type: string) => string;
  /** Layers of squeeze-and-excitation. 0 is the only one of ECA. */
  attention?: (n: number) => string;
  /** `pooled`: whether an average pooling comes first in the Sequential. */
  shortcut?: (layer: Layer, pooled: boolean) => string;
  head?: string;
  /** Whether the indices in a shortcut count an average pooling even if its stride is 1. */
  countsPool?: boolean;
}

const pick = (conv: string, norm: string) => (layer: Layer) => (layer === 'conv' ? conv : norm);

/** The three convolutions of a Sequential, with norms and activations between them. */
const sequentialStem = (layer: Layer, i: number | undefined) =>
  i === undefined ? `${pick('conv', 'bn')(layer)}1` : `stem.${3 * i + (layer === 'conv' ? 0 : 1)}`;

function timm({ nodes, structure: { trunk, avgDown } }: Graph): Names {
  if (trunk === 'regnet' || trunk === 'preact-regnet') {
    const shortcut = avgDown ? 'downsample.1' : 'downsample';
    const preact = trunk === 'preact-regnet';
    return {
      stem: preact ? () => 'stem' : pick('stem.conv', 'stem.bn'),
      block: (stage, block) => `s${stage + 1}.b${block + 1}`,
      layer: (layer, n) => (preact ? `${pick('conv', 'norm')(layer)}${n}` : `conv${n}.${pick('conv', 'bn')(layer)}`),
      attention: (n) => `se.fc${n}`,
      shortcut: preact ? () => shortcut : pick(`${shortcut}.conv`, `${shortcut}.bn`),
    };
  }
  if (trunk === 'resnetv2') return { block: (stage, block) => `stages.${stage}.blocks.${block}` };
  if (trunk === 'senet') {
    return {
      stem: (layer, i = 0) => `layer0.${pick('conv', 'bn')(layer)}${i + 1}`,
      attention: (n) => `se_module.fc${n}`,
      head: 'last_linear',
    };
  }
  return {
    stem: (layer, i) =>
      i === undefined || (i === 2 && layer === 'norm') ? pick('conv1', 'bn1')(layer) : `conv1.${3 * i + (layer === 'conv' ? 0 : 1)}`,
    stemPool: pick('maxpool.0', nodes.some(({ name }) => name === 'stem.pool.aa') ? 'maxpool.2' : 'maxpool.1'),
    layer: (layer, n) => `${pick('conv', 'bn')(layer)}${n}`,
    attention: (n) => (n ? `se.fc${n}` : 'se.conv'),
    head: 'fc',
    countsPool: true,
  };
}

function transformers(trunk: Graph['structure']['trunk'], attention: boolean): Names {
  if (trunk === 'resnetv2') {
    return {
      root: 'bit.',
      stem: pick('embedder.convolution', 'embedder.norm'),
      block: (stage, block) => `encoder.stages.${stage}.layers.${block}`,
      head: 'classifier.1',
    };
  }
  const parts = pick('convolution', 'normalization');
  // In RegNet-Y the attention is the third of four layers.
  const index = (n: number) => (attention && n === 3 ? 3 : n - 1);
  return {
    root: `${trunk}.`,
    // RT-DETR has three.
    stem: (layer, i) => `embedder.embedder.${i === undefined ? '' : `${i}.`}${parts(layer)}`,
    block: (stage, block) => `encoder.stages.${stage}.layers.${block}`,
    layer: (layer, n) => `layer.${index(n)}.${parts(layer)}`,
    attention: (n) => `layer.2.attention.${2 * n - 2}`,
    shortcut: (layer, pooled) => `shortcut.${pooled ? '1.' : ''}${parts(layer)}`,
    head: 'classifier.1',
  };
}

const torchvisionRegnet: Names = {
  stem: pick('stem.0', 'stem.1'),
  block: (stage, block) => `trunk_output.block${stage + 1}.block${stage + 1}-${block}`,
  layer: (layer, n) => `f.${'abc'[n - 1]}.${layer === 'conv' ? 0 : 1}`,
  attention: (n) => `f.se.fc${n}`,
  shortcut: pick('proj.0', 'proj.1'),
  head: 'fc',
};

function namesOf(graph: Graph, scheme: NamingScheme): Names {
  const { trunk } = graph.structure;
  switch (scheme) {
    case 'torchvision':
      return trunk === 'regnet' ? torchvisionRegnet : { head: 'fc' };
    case 'timm':
      return timm(graph);
    case 'mmdet':
      return { stem: sequentialStem, countsPool: true };
    case 'transformers':
      return transformers(
        trunk,
        graph.nodes.some(({ name }) => name.includes('.se_layer.')),
      );
    case 'canonical':
      // Names that the tree reader writes. Norms are `bn` whatever their kind, and shortcuts do not count the pooling.
      return {
        stem: (layer, i) => (i === undefined ? `${pick('conv', 'bn')(layer)}1` : `stem.${i}.${pick('conv', 'bn')(layer)}`),
        layer: (layer, n) => `${pick('conv', 'bn')(layer)}${n}`,
        shortcut: pick('downsample.0', 'downsample.1'),
      };
    case 'akamaster':
      return { shortcut: pick('shortcut.0', 'shortcut.1'), head: 'linear' };
    default:
      return {};
  }
}

export const schemes = ['torchvision', 'timm', 'mmpretrain', 'mmdet', 'transformers', 'akamaster'] as const satisfies NamingScheme[];

/** Prefixes of the backbone's keys in files of larger models: OpenMMLab's, torchvision's detectors. */
const PREFIXES = ['backbone.body.', 'backbone.'];

export function backbonePrefix(keys: Iterable<string>): string {
  for (const key of keys) {
    const prefix = PREFIXES.find((one) => key.startsWith(one));
    if (prefix) return prefix;
  }
  return '';
}

/**
 * From each canonical key of a graph to the key in a scheme.
 *
 * @param has tells the keys of the checkpoint at hand. They settle what the scheme leaves open: the prefix `backbone.`, and the
 * indices in a shortcut (MMPretrain's Res2Net and all of MMDetection count a pooling of stride 1, MMPretrain's ResNet does not)
 */
export function checkpointKeys(
  graph: Graph,
  scheme: NamingScheme,
  has: (key: string) => boolean = () => false,
  prefix = '',
): Map<string, string> {
  const names = namesOf(graph, scheme);
  const keys = new Map<string, string>();
  const isBare = [undefined, 0].some((i) => has(`${names.stem?.('conv', i)}.weight`));
  const root = names.root !== undefined && !isBare ? names.root : '';
  for (const { op, weights } of graph.nodes) {
    const layer: Layer = op === 'conv2d' || op === 'deform_conv2d' ? 'conv' : 'norm';
    for (const spec of Object.values(weights)) {
      const key = storedKey(spec);
      const dot = key.lastIndexOf('.');
      keys.set(spec.key, `${translate(key.slice(0, dot), layer)}${key.slice(dot)}`);
    }
  }
  return keys;

  function translate(module: string, layer: Layer): string {
    if (module === 'head.fc') return names.head ?? module;
    if (/^(head|neck|final_conv)\b/.test(module)) return module;
    // The last norm of ResNetV2, and what the blocks of a stage share (`layer1.lstm`).
    if (module === 'norm' || /^layer\d+\.\D/.test(module)) return prefix + root + module;
    const [, stage, block, rest] = /^layer(\d+)\.(\d+)\.(.*)$/.exec(module) ?? [];
    if (rest === undefined) return prefix + root + stem(module, layer);
    const path = names.block?.(Number(stage) - 1, Number(block)) ?? `layer${stage}.${block}`;
    return `${prefix}${root}${path}.${inBlock(`${prefix}${path}`, rest, layer)}`;
  }

  function stem(module: string, layer: Layer): string {
    const [, i] = /^stem\.(\d|pool)\./.exec(module) ?? [];
    if (i === 'pool') return names.stemPool?.(layer) ?? module;
    return names.stem?.(layer, i === undefined ? undefined : Number(i)) ?? module;
  }

  function inBlock(path: string, rest: string, layer: Layer): string {
    const [, kind = '', n, tail = ''] = /^(conv|bn|gn|in|ln|downsample\.|se_layer\.conv)(\d?)((?:\..*)?)$/.exec(rest) ?? [];
    const pooled = n === (layer === 'conv' ? '1' : '2');
    if (kind === 'downsample.') return (names.shortcut?.(layer, pooled) ?? `downsample.${shortcutIndex(path, Number(n), layer)}`) + tail;
    if (kind === 'se_layer.conv') return names.attention?.(Number(n)) ?? rest;
    if (!n) return rest;
    // Before mmcv 1.0, the offsets of a deformable convolution were next to it.
    if (tail === '.conv_offset' && has(`${path}.conv${n}_offset.weight`)) return `conv${n}_offset`;
    return (names.layer?.(kind === 'conv' ? 'conv' : 'norm', Number(n), kind) ?? `${kind}${n}`) + tail;
  }

  /** A pooling is the first layer of the Sequential. Only one of stride 1, which the graph leaves out, is in doubt. */
  function shortcutIndex(path: string, canonical: number, layer: Layer): number {
    const unpooled = layer === 'conv' ? 0 : 1;
    if (canonical !== unpooled || !graph.structure.avgDown) return canonical;
    if (has(`${path}.downsample.0.weight`)) return unpooled;
    return unpooled + (names.countsPool || has(`${path}.downsample.1.weight`) ? 1 : 0);
  }
}

/** The key of a parameter in a checkpoint with canonical names. */
export function storedKey({ key, source }: ParameterSpec): string {
  return source?.key ?? key;
}
