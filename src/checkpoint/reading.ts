/**
 * What passes between the parts that read a checkpoint of unknown names: the tree of its tensors, the trunk in it (read-tree.ts,
 * trunk.ts), and the head after the trunk (head-reader.ts). Types only.
 *
 * In order: parametrisations are folded (weight_norm, masks), the trunk is found, the head is read from what lies outside of it,
 * the structure becomes an architecture, and the tensors are bound under the names that the architecture gives them.
 */

import type { Assumption } from '../api/types.ts';
import type { BackboneConfig, ClassifierConfig } from '../arch/config.ts';
import type { Checkpoint, CheckpointTensor, ModuleInfo } from './types.ts';

/** By full path, in the file's order. Dicts, lists (by index) and the dots of keys are the same: segments of the path. */
export type TensorTree = ReadonlyMap<string, CheckpointTensor>;

/** By full path, as the tensors; '' is the whole. Absent where the file holds a state dict alone. */
export type ModuleTree = ReadonlyMap<string, ModuleInfo>;

/** What the reader of heads gets. */
export interface HeadContext {
  /** Channels of the trunk's last stage. */
  width: number;
  /** Path of the module that holds the trunk, without a dot at the end: `model.backbone`; '' at the top. */
  trunk: string;
  /**
   * Tensors of the trunk's own copy that lie outside of it, by full path: what is beside stem and stages, or beside any module
   * around them. Other copies (momentum encoders, averages that were not taken, optimizers) are left out already.
   */
  tensors: TensorTree;
  modules?: ModuleTree;
  metadata: Checkpoint['metadata'];
}

/** `neck` and `head` of an ImageClassifier. */
export type HeadConfig = Pick<ClassifierConfig, 'neck' | 'head'>;

/** As an {@link Assumption}, but alternatives have the head alone; whoever knows the backbone makes the `arch` of them. */
export interface HeadAssumption extends Omit<Assumption, 'alternatives'> {
  alternatives: { value: unknown; config?: HeadConfig }[];
}

export interface HeadReading {
  /** Absent where there is no head: a bare backbone. */
  config?: HeadConfig;
  /** Length of the logits. */
  classes?: number;
  /** By the names that the configuration's graph gives its parameters: `head.fc.weight`, `head.layers.0.norm.bias`, `neck.p`. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Full paths of the tensors behind them. */
  used: readonly string[];
  /** In words, for `info.source.head`: `fc: Dropout, Linear 512 > 5`; 'none'. */
  text: string;
  assumed: readonly HeadAssumption[];
  /**
   * Why what looks like a head cannot be run, naming its tensors; no bare backbone is made of such a file unless `head: 'none'` asks
   * for it.
   */
  problem?: string;
  /** Heads to choose from where there is a problem. */
  candidates?: readonly HeadConfig[];
  /** All heads that there are, of which `config` is one; see headTensors. */
  heads?: readonly HeadParts[];
}

/** A head's tensors in order, by layer: for configurations that name them otherwise. */
export interface HeadParts {
  /** Path of its module in the file; `from` of a head's configuration chooses by it. */
  root: string;
  layers: readonly ReadonlyMap<string, CheckpointTensor>[];
  /** Of generalised mean pooling. */
  exponent?: CheckpointTensor;
}

export type ReadHead = (context: HeadContext) => HeadReading;

/** A checkpoint as the tree reader understood it. */
export interface Reading {
  /**
   * The trunk under canonical names, MMPretrain's without `backbone.`, with norms as `bn` whatever their kind and shortcuts as
   * `downsample.0` (convolution) and `downsample.1` (norm), and the head's tensors. A convolution that has a bias in the file has it
   * here, too: `conv1.bias`.
   */
  checkpoint: Checkpoint;
  /** Where the trunk is, for `info.source`: dicts and segments, `state_dict.model.encoder_q`. */
  found: string;
  /** Other trunks of the file, likewise. */
  others: string[];
  /** From canonical name to full path in the file. */
  paths: ReadonlyMap<string, string>;
  head: HeadReading;
  /** Full paths that neither trunk nor head has a use for. */
  ignored: string[];
}

/** A structure with what it takes for granted; `arch` of the alternatives is complete. */
export interface Understood {
  arch: BackboneConfig | ClassifierConfig | string;
  assumed: Assumption[];
}
