/**
 * Data that passes between the parts that read a checkpoint with unknown names: the tree of its tensors, the trunk in it (read-tree.ts,
 * trunk.ts), and the head after the trunk (head-reader.ts). Types only.
 *
 * The steps: parametrisations are folded (weight_norm, masks), the trunk is found, the head is read from what is outside of it, the
 * structure becomes an architecture, and the tensors are bound under the architecture's names.
 */

import type { Assumption } from '../api/types.ts';
import type { BackboneConfig, ClassifierConfig } from '../arch/config.ts';
import type { Checkpoint, CheckpointTensor, ModuleInfo } from './types.ts';

/** By full path, in the file's order. Dicts, lists (by index) and dots in keys are all segments of the path. */
export type TensorTree = ReadonlyMap<string, CheckpointTensor>;

/** By full path, like the tensors. '' is the whole. Absent if the file only contains a state dict. */
export type ModuleTree = ReadonlyMap<string, ModuleInfo>;

/** The input of the reader of heads. */
export interface HeadContext {
  /** Channels of the trunk's last stage. */
  width: number;
  /** Path of the module that contains the trunk, without a trailing dot: `model.backbone`; '' at the top. */
  trunk: string;
  /**
   * Tensors of the trunk's own copy that are outside of it, by full path: those next to stem and stages, or next to any module
   * around them. Other copies (momentum encoders, averages that were not chosen, optimizers) are not included.
   */
  tensors: TensorTree;
  modules?: ModuleTree;
  metadata: Checkpoint['metadata'];
}

/** `neck` and `head` of an ImageClassifier. */
export type HeadConfig = Pick<ClassifierConfig, 'neck' | 'head'>;

/** Like an {@link Assumption}, but alternatives only have the head. Code that knows the backbone makes their `arch`. */
export interface HeadAssumption extends Omit<Assumption, 'alternatives'> {
  alternatives: { value: unknown; config?: HeadConfig }[];
}

export interface HeadReading {
  /** Absent if there is no head: a bare backbone. */
  config?: HeadConfig;
  /** Number of logits. */
  classes?: number;
  /** Under the names of the parameters in the configuration's graph: `head.fc.weight`, `head.layers.0.norm.bias`, `neck.p`. */
  tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Full paths of these tensors. */
  used: readonly string[];
  /** In words, for `info.source.head`: `fc: Dropout, Linear 512 > 5`; 'none'. */
  text: string;
  assumed: readonly HeadAssumption[];
  /**
   * Why an apparent head cannot be run, naming its tensors. Such a file does not become a bare backbone unless `head: 'none'` asks
   * for it.
   */
  problem?: string;
  /** Possible heads, if there is a problem. */
  candidates?: readonly HeadConfig[];
  /** All heads of the file. `config` is one of them; see headTensors. */
  heads?: readonly HeadParts[];
}

/** A head's tensors in order, by layer, for configurations with other names. */
export interface HeadParts {
  /** Path of its module in the file. A head's configuration chooses it by `from`. */
  root: string;
  layers: readonly ReadonlyMap<string, CheckpointTensor>[];
  /** Exponent of generalised mean pooling. */
  exponent?: CheckpointTensor;
}

export type ReadHead = (context: HeadContext) => HeadReading;

/** A checkpoint as the tree reader understood it. */
export interface Reading {
  /**
   * The trunk under canonical names, MMPretrain's without `backbone.`, and the head's tensors. Norms are `bn` whatever their kind, shortcuts
   * are `downsample.0` (convolution) and `downsample.1` (norm). Biases of convolutions in the file are also here: `conv1.bias`.
   */
  checkpoint: Checkpoint;
  /** Path of the trunk, for `info.source`: dicts and segments, `state_dict.model.encoder_q`. */
  found: string;
  /** Paths of other trunks in the file. */
  others: string[];
  /** From canonical name to full path in the file. */
  paths: ReadonlyMap<string, string>;
  head: HeadReading;
  /** Full paths that neither trunk nor head uses. */
  ignored: string[];
}

/** A structure, and the assumptions that it makes. `arch` of the alternatives is complete. */
export interface Understood {
  arch: BackboneConfig | ClassifierConfig | string;
  assumed: Assumption[];
}
