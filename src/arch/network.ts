/**
 * The structure of every network of the family: a stem, stages of blocks, and a head. A family (families/) supplies the
 * parts. All nodes are built here.
 */

import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, GraphStructure } from '../graph/types.ts';
import { ResnetError } from '../util/errors.ts';
import { globalAveragePooling, type Head } from './head-parts.ts';
import type { Activation, ConvSetting, Net, NormSetting } from './layers.ts';
import { buildStage, type Stage } from './stage.ts';
import type { Stem } from './stem.ts';

/** A network without its input shape. */
export interface Network {
  inChannels: number;
  conv: ConvSetting;
  norm: NormSetting;
  activation?: Activation;
  stem: Stem;
  stages: Stage[];
  /** Stages that a run returns by default, ascending. */
  outIndices: number[];
  /** Returns the input as the first feature (DetectoRS' output_img). */
  outputImage?: boolean;
  structure: GraphStructure;
  /** Whether the last norm of each block starts at zero with random weights. */
  zeroInitResidual: boolean;
  /** Layers between the last stage and the head. */
  tail?: (net: Net, x: string) => string;
  head?: Head;
}

/** Expands a network for one input shape, [n, c, h, w]. */
export function buildNetwork(network: Network, inputShape: readonly number[]): Graph {
  const [n, c, h, w] = inputShape;
  if (inputShape.length !== 4 || ![n, c, h, w].every((size) => Number.isInteger(size) && Number(size) > 0)) {
    throw new ResnetError('shape', `the input shape is [${inputShape.join(', ')}].`, {
      layer: 'input',
      hint: 'Give [batch, channels, height, width].',
    });
  }
  if (c !== network.inChannels) {
    throw new ResnetError('shape', `the input has ${c} channels, but the network takes ${network.inChannels}.`, {
      layer: 'input',
      hint: `Give [batch, ${network.inChannels}, height, width], or an architecture with in_channels: ${c}.`,
    });
  }
  const b = new GraphBuilder();
  Object.assign(b.structure, network.structure);
  const net: Net = { b, conv: network.conv, norm: network.norm, activation: network.activation };
  const input = b.add('input', 'input', [], { shape: inputShape });
  if (network.outputImage) b.output({ kind: 'feature', stage: 'img', node: input });
  let x = network.stem(net, input);
  const features = network.stages.map((stage, index) => {
    x = buildStage(net, x, `layer${index + 1}`, stage);
    b.output({ kind: 'feature', stage: index, node: x });
    return x;
  });
  // Without a matching out_index, OpenMMLab's head would get an empty tuple. Here it gets the last stage.
  const last = network.outIndices.at(-1) ?? features.length - 1;
  const map = features[last] ?? x;
  const { head, tail } = network;
  if (head) head(net, tail?.(net, map) ?? map);
  // The pooled features of a bare backbone include the tail.
  else if (tail) b.output({ kind: 'pooled', node: globalAveragePooling(net, tail(net, map)) });
  return b.build();
}
