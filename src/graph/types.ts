/**
 * A network as a list of named operations on NCHW tensors: what is computed, not how.
 *
 * Nodes are in topological order and carry their layer path as name (`layer3.0.conv2`). Everything here is plain
 * data: no GPU, no weights, only the names and shapes of the weights.
 */
import type { OpAttributes, Shape } from './op-attributes.ts';

export type {
  ConvAttributes,
  OpAttributes,
  Padding,
  Pair,
  PoolAttributes,
  PositionEnergyAttributes,
  Shape,
} from './op-attributes.ts';

/** Name of an operation. */
export type OpName = keyof OpAttributes;

/** Two inputs of equal standing. */
type Two = [first: string, second: string];

/** Operations that do not have one input. */
interface OtherInputs {
  /** None: the caller hands it in. */
  input: [];
  /** Map and offsets, of DCNv2 masks besides. */
  deform_conv2d: [input: string, offsets: string] | [input: string, offsets: string, masks: string];
  /** Summands. */
  add: Two;
  /** Summands. */
  add_broadcast: Two;
  /** Map, and a factor for each channel. */
  mul: [map: string, factors: string];
  /** Map and factors. */
  mul_broadcast: [map: string, factors: string];
  /** Two maps, and the first one's share at each position. */
  blend: [first: string, second: string, shares: string];
  /** Maps, whose channels follow one another. */
  concat: string[];
  /** Tensors, whose images follow one another. */
  concat_batch: string[];
  /** Map, and a factor for each channel of each slice. */
  radix_apply: [map: string, factors: string];
  /** Factors, in this order. */
  matmul: [left: string, right: string];
}

/** Names of the nodes whose values an operation reads. */
export type OpInputs = { [Op in OpName]: Op extends keyof OtherInputs ? OtherInputs[Op] : [input: string] };

/** One tensor of a checkpoint that a node needs, named as the canonical scheme (OpenMMLab's, without `backbone.`) has it. */
export interface ParameterSpec {
  /** Canonical checkpoint key, e.g. `layer3.0.conv2.weight`. */
  key: string;
  /** Of the tensor. */
  shape: Shape;
  /** False for running statistics and other buffers, which do not count as parameters. */
  learnable: boolean;
  /** Where the checkpoint has it otherwise: under another key, in another shape, or as a part that begins at element `start` (row-major). */
  source?: {
    /** Key of the tensor that holds it. */
    key: string;
    /** Of that tensor. */
    shape: Shape;
    /** First element of the part. */
    start: number;
  };
  /** Old checkpoints lack it: `deviation` and `mean` of each output channel of the node's weight stand in. */
  fallback?: 'deviation' | 'mean';
}

/** A layer: one operation, where its inputs come from, and which tensors of the checkpoint it needs. */
interface NodeOf<Op extends OpName> {
  /** Layer path, unique in the graph. */
  name: string;
  /** The operation. */
  op: Op;
  /** Names of the nodes that it reads. */
  inputs: OpInputs[Op];
  /** Of the output, mostly [n, c, h, w]. */
  shape: number[];
  /** Of the operation. */
  attributes: OpAttributes[Op];
  /** By role; the same key in two nodes means one tensor. */
  weights: Partial<Record<WeightRole, ParameterSpec>>;
  /** Learnable scalars. */
  parameters: number;
  /** Multiply-adds; convolutions and linear layers only, as the literature counts them. */
  macs: number;
}

/** What a tensor of a checkpoint is to its layer. */
export type WeightRole =
  | 'weight'
  | 'bias'
  | 'running_mean'
  | 'running_var'
  | 'gamma'
  | 'beta'
  | 'diff'
  | 'p'
  | 'fc_x'
  | 'fc_y'
  | 'v'
  | 'tau';

/** A layer of a network; `op` tells which attributes and inputs it has. */
export type GraphNode<Op extends OpName = OpName> = { [K in Op]: NodeOf<K> }[Op];

/** Something that a network can give. */
export interface GraphOutput {
  /** A stage's feature map, the pooled vector that feeds the head, or the logits. */
  kind: 'feature' | 'pooled' | 'logits';
  /** Of a feature map: the stage, 0 for the first, or `img` for the input handed through (DetectoRS). */
  stage?: number | 'img';
  /** Name of the node whose value it is. */
  node: string;
}

/** What the keys of other libraries depend on beyond the layer paths. */
export interface GraphStructure {
  /** Which kind of trunk. */
  trunk: 'resnet' | 'regnet' | 'preact-regnet' | 'senet' | 'resnetv2';
  /** Whether shortcuts are average pooling before their convolution. */
  avgDown: boolean;
}

/** A network expanded for an input shape. Plain data: what is computed, and not how. */
export interface Graph {
  /** Layers, each after those that it reads. */
  nodes: GraphNode[];
  /** What it can give. */
  outputs: GraphOutput[];
  /** What the keys of other libraries depend on. */
  structure: GraphStructure;
  /** Learned numbers. */
  parameters: number;
  /** Multiply-adds of convolutions and linear layers, for this input. */
  macs: number;
  /**
   * A table of layers: name, operation, output shape, parameters, multiply-adds. Does not throw.
   * @example
   * ```ts
   * import { buildGraph } from 'resnet-webgpu';
   *
   * console.log(buildGraph('resnet18', [1, 3, 224, 224]).toString());
   * ```
   */
  toString(): string;
}
