/**
 * A network as a list of named operations on NCHW tensors: what is computed, not how.
 *
 * Nodes are in topological order. Their names are the layer paths (`layer3.0.conv2`). Everything here is plain data: no
 * GPU and no weights, only the names and shapes of weights.
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

/** Two inputs with the same role. */
type Two = [first: string, second: string];

/** Operations that do not have exactly one input. */
interface OtherInputs {
  /** None. The caller passes the tensor. */
  input: [];
  /** Map and offsets. For DCNv2 also masks. */
  deform_conv2d: [input: string, offsets: string] | [input: string, offsets: string, masks: string];
  /** Summands. */
  add: Two;
  /** Summands. */
  add_broadcast: Two;
  /** Map, and a factor for each channel. */
  mul: [map: string, factors: string];
  /** Map and factors. */
  mul_broadcast: [map: string, factors: string];
  /** Two maps, and the share of the first one at each position. */
  blend: [first: string, second: string, shares: string];
  /** Maps to concatenate along the channels. */
  concat: string[];
  /** Tensors to concatenate along the batch. */
  concat_batch: string[];
  /** Map, and a factor for each channel of each slice. */
  radix_apply: [map: string, factors: string];
  /** Factors, in this order. */
  matmul: [left: string, right: string];
}

/** Names of the nodes that an operation reads. */
export type OpInputs = { [Op in OpName]: Op extends keyof OtherInputs ? OtherInputs[Op] : [input: string] };

/** One tensor of a checkpoint that a node needs, with its canonical name (OpenMMLab's, without `backbone.`). */
export interface ParameterSpec {
  /** Canonical checkpoint key, e.g. `layer3.0.conv2.weight`. */
  key: string;
  /** Shape of the tensor. */
  shape: Shape;
  /** False for running statistics and other buffers. These do not count as parameters. */
  learnable: boolean;
  /** Where the checkpoint stores it differently: under another key, in another shape, or as a part that starts at element `start` (row-major). */
  source?: {
    /** Key of the tensor that holds it. */
    key: string;
    /** Shape of that tensor. */
    shape: Shape;
    /** First element of the part. */
    start: number;
  };
  /** Old checkpoints lack it. Then `deviation` and `mean` of each output channel of the node's weight are used. */
  fallback?: 'deviation' | 'mean';
}

/** A layer: one operation, where its inputs come from, and the tensors of the checkpoint that it needs. */
interface NodeOf<Op extends OpName> {
  /** Layer path, unique in the graph. */
  name: string;
  /** The operation. */
  op: Op;
  /** Names of the nodes that it reads. */
  inputs: OpInputs[Op];
  /** Shape of the output, usually [n, c, h, w]. */
  shape: number[];
  /** Attributes of the operation. */
  attributes: OpAttributes[Op];
  /** By role. The same key in two nodes means the same tensor. */
  weights: Partial<Record<WeightRole, ParameterSpec>>;
  /** Number of learnable scalars. */
  parameters: number;
  /** Multiply-adds. Only convolutions and linear layers count, as in the literature. */
  macs: number;
}

/** The role of a checkpoint's tensor in its layer. */
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

/** A layer of a network. `op` tells its attributes and inputs. */
export type GraphNode<Op extends OpName = OpName> = { [K in Op]: NodeOf<K> }[Op];

/** An output that a network can return. */
export interface GraphOutput {
  /** A stage's feature map, the pooled vector that feeds the head, or the logits. */
  kind: 'feature' | 'pooled' | 'logits';
  /** Of a feature map: the stage, counted from 0, or `img` for the input itself (DetectoRS). */
  stage?: number | 'img';
  /** Name of the node with this value. */
  node: string;
}

/** Facts that the keys of other libraries depend on, besides the layer paths. */
export interface GraphStructure {
  /** Kind of trunk. */
  trunk: 'resnet' | 'regnet' | 'preact-regnet' | 'senet' | 'resnetv2';
  /** Whether shortcuts have average pooling before their convolution. */
  avgDown: boolean;
}

/** A network expanded for an input shape. Plain data: what is computed, not how. */
export interface Graph {
  /** Layers. Each comes after those that it reads. */
  nodes: GraphNode[];
  /** What the network can return. */
  outputs: GraphOutput[];
  /** Facts that the keys of other libraries depend on. */
  structure: GraphStructure;
  /** Number of learned parameters. */
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
