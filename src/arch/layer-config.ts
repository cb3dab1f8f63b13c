/** What a configuration says of a kind of layer, as mmcv's registries take it. */

/** Which convolution: a class of mmcv's or OpenMMLab's registry, with arguments of its own. */
export interface Conv {
  /**
   * `Conv2d` and `Conv`: an ordinary one. `ConvWS`, `ConvAWS`: weights standardised (https://arxiv.org/abs/1903.10520). `Conv2dAdaptivePadding`:
   * padded as TensorFlow's `SAME`. `DCN`, `DCNv2`: deformable (https://arxiv.org/abs/1811.11168). `SAC`: switchable atrous
   * (https://arxiv.org/abs/2006.02334).
   */
  type: 'Conv2d' | 'Conv' | 'ConvWS' | 'ConvAWS' | 'Conv2dAdaptivePadding' | 'DCN' | 'DCNv2' | 'SAC';
  /** Of that class, such as `use_deform` of SAC; unknown ones are refused. */
  [argument: string]: unknown;
}

/** Which norm: a class of mmcv's registry, with arguments of its own. */
export interface Norm {
  /** Batch norm (`SyncBN` is that at inference), group norm, instance norm, or layer norm over the channels of each position. */
  type: 'BN' | 'BN2d' | 'SyncBN' | 'GN' | 'IN' | 'IN2d' | 'LN2d';
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Groups of a group norm, which needs it. */
  num_groups?: number;
  /** Arguments that matter in training only have no effect. */
  [argument: string]: unknown;
}
