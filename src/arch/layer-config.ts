/** Configurations of layers, in the form of mmcv's registries. */

/** Kind of convolution: a class of mmcv's or OpenMMLab's registry, with its arguments. */
export interface Conv {
  /**
   * `Conv2d` and `Conv`: an ordinary one. `ConvWS`, `ConvAWS`: weights standardised (https://arxiv.org/abs/1903.10520).
   * `Conv2dAdaptivePadding`: padded as TensorFlow's `SAME`. `DCN`, `DCNv2`: deformable (https://arxiv.org/abs/1811.11168).
   * `SAC`: switchable atrous (https://arxiv.org/abs/2006.02334).
   */
  type: 'Conv2d' | 'Conv' | 'ConvWS' | 'ConvAWS' | 'Conv2dAdaptivePadding' | 'DCN' | 'DCNv2' | 'SAC';
  /** Arguments of that class, such as `use_deform` of SAC. Unknown ones are refused. */
  [argument: string]: unknown;
}

/** Kind of norm: a class of mmcv's registry, with its arguments. */
export interface Norm {
  /** Batch norm (at inference `SyncBN` is the same), group norm, instance norm, or layer norm over the channels of each position. */
  type: 'BN' | 'BN2d' | 'SyncBN' | 'GN' | 'IN' | 'IN2d' | 'LN2d';
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Groups of a group norm. Required there. */
  num_groups?: number;
  /** Arguments that only matter in training have no effect. */
  [argument: string]: unknown;
}
