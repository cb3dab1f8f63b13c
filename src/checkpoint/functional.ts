/** From functions in PyTorch's programs to the attributes of the corresponding modules. */

/** The arguments of torch's functions after the tensors, named as the attributes of PyTorch's modules. '' is left out. */
export const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  _convolution: ['', '', '', 'stride', 'padding', 'dilation', 'transposed', 'output_padding', 'groups'],
  conv2d: ['', '', '', 'stride', 'padding', 'dilation', 'groups'],
  batch_norm: ['', '', '', '', '', 'use_batch_statistics', 'momentum', 'eps'],
  group_norm: ['', 'num_groups', '', '', 'eps'],
  instance_norm: ['', '', '', '', '', 'use_input_stats', 'momentum', 'eps'],
  layer_norm: ['', 'normalized_shape', '', '', 'eps'],
  max_pool2d: ['', 'kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode'],
  avg_pool2d: ['', 'kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override'],
  adaptive_avg_pool2d: ['', 'output_size'],
  adaptive_max_pool2d: ['', 'output_size'],
  leaky_relu: ['', 'negative_slope'],
  hardtanh: ['', 'min_val', 'max_val'],
  elu: ['', 'alpha'],
  gelu: ['', 'approximate'],
  dropout: ['', 'p'],
  softmax: ['', 'dim'],
  log_softmax: ['', 'dim'],
};

/** Default values of arguments. */
export const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  conv2d: { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 },
  max_pool2d: { padding: [0, 0], dilation: [1, 1], ceil_mode: false },
  avg_pool2d: { padding: [0, 0], ceil_mode: false, count_include_pad: true },
  batch_norm: { eps: 1e-5 },
  group_norm: { eps: 1e-5 },
  layer_norm: { eps: 1e-5 },
  leaky_relu: { negative_slope: 0.01 },
  elu: { alpha: 1 },
};
