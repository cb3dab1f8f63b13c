// Epilogue of convolutions. Residual and ReLU are parameters, not constants, so that layers share pipelines. Other activations are long,
// so they are only compiled in when needed. Constants: ACTIVATION (except ReLU), MASKED (whether to clear padding channels).
//
// residual like output; added before the ReLU; any buffer if there is none
// output   [n, oh, ow] pixels of `out_stride` groups, written from group `out_offset` on

import package::conv::lib::params::{params};
import package::lib::grid::{channel_mask};
import package::lib::epilogue::{activate};
import package::lib::relu::{relu};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at};
import constants::{MASKED};

@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

fn store_sum(sum: vec4f, pixel: u32, group: u32, part: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum + bias_at(group);
  if ((params.epilogue & 1u) != 0u) {
    value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
  }
  if ((params.epilogue & 2u) != 0u) {
    value = relu(value);
  }
  value = activate(value);
  if (MASKED) {
    value = select(vec4f(0.0), value, channel_mask(group, params.out_channels));
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
