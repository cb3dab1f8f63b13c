// Convolution whose groups are narrower than the 16-channel tile of conv.wgsl, depthwise included. A thread computes
// 4 output pixels x 4 output channels; each group of 4 output channels has its own range of input groups.
//
// Buffers, parameters and epilogue as in conv.wgsl. The weights of 4 output channels are dense over the groups of 4
// input channels that any of them needs, zeros where a channel is none of a convolution group's: depthwise weights
// are diagonal blocks. That keeps one kernel for every width, odd ones too.

struct Params {
  step: u32,
  pixels: u32,
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  in_groups: u32,      // groups of input channels that 4 output channels need
  in_stride: u32,
  in_offset: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
  residual_stride: u32,
  residual_offset: u32,
  group_in: u32,       // channels of a convolution group
  group_out: u32,
  out_channels: u32,
  last_start: u32,     // ranges start here at most, so that none ends behind the last input group
  slice_groups: u32,   // groups of 4 and channels of each slice of the output
  slice_width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * 4u;
  let group = workgroup.z;
  if (pixel >= params.pixels) {
    return;
  }
  let first_group = first_group_of(group);
  let head = params.out_groups;
  let block = group * KERNEL_H * KERNEL_W * params.in_groups;

  let window0 = window_of(pixel);
  let window1 = window_of(pixel + 1u);
  let window2 = window_of(pixel + 2u);
  let window3 = window_of(pixel + 3u);
  let bias = bias_at(group);
  var sum0 = bias;
  var sum1 = bias;
  var sum2 = bias;
  var sum3 = bias;

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let inside0 = is_inside(window0, y, x);
      let inside1 = is_inside(window1, y, x);
      let inside2 = is_inside(window2, y, x);
      let inside3 = is_inside(window3, y, x);
      let at0 = address(window0, y, x, inside0, first_group);
      let at1 = address(window1, y, x, inside1, first_group);
      let at2 = address(window2, y, x, inside2, first_group);
      let at3 = address(window3, y, x, inside3, first_group);
      let tap = block + (dy * KERNEL_W + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c++) {
        let columns = block_at(head, tap + c);
        let x0 = load(at0 + c, inside0);
        let x1 = load(at1 + c, inside1);
        let x2 = load(at2 + c, inside2);
        let x3 = load(at3 + c, inside3);
        sum0 = multiply_add(sum0, columns, x0);
        sum1 = multiply_add(sum1, columns, x1);
        sum2 = multiply_add(sum2, columns, x2);
        sum3 = multiply_add(sum3, columns, x3);
      }
    }
  }

  store_sum(sum0, pixel, group);
  store_sum(sum1, pixel + 1u, group);
  store_sum(sum2, pixel + 2u, group);
  store_sum(sum3, pixel + 3u, group);
}
