// Convolution of the network's input: reads the caller's dense float32 [n, c, h, w] tensor as it is, so that no layout
// pass comes before the first layer. A thread computes 4 output pixels x 16 output channels.
//
// input   dense NCHW float32
// weights packed blocks, see lib/weights.*.wgsl
// output  [n, oh, ow] pixels of `out_stride` groups of 4 channels, written from group `out_offset` on
//
// Constants: KERNEL_H/W, STRIDE_H/W, DILATION_H/W, PAD_TOP/LEFT, PADDED, CHANNELS (of the input), RELU.

struct Params {
  step: u32,
  pixels: u32,      // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read_write> output: array<Group>;

fn address(window: Window, dy: u32, dx: u32, inside: bool) -> u32 {
  let row = window.image * CHANNELS + u32(window.y + i32(dy));
  return select(0u, row * params.width + u32(window.x + i32(dx)), inside);
}

fn load(at: u32, inside: bool) -> f32 {
  return select(0.0, input[at], inside);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * 4u;
  let group = workgroup.z * 4u;
  if (pixel >= params.pixels) {
    return;
  }

  let head = params.out_groups;
  let last = head - 1u;
  let group1 = min(group + 1u, last);
  let group2 = min(group + 2u, last);
  let group3 = min(group + 3u, last);
  // Columns of one tap, and of one group of output channels.
  let columns = (CHANNELS + 3u) / 4u * 4u;
  let all_columns = KERNEL_H * KERNEL_W * columns;
  let plane = params.height * params.width;

  let window0 = window_of(pixel);
  let window1 = window_of(pixel + 1u);
  let window2 = window_of(pixel + 2u);
  let window3 = window_of(pixel + 3u);
  let bias0 = bias_at(group);
  let bias1 = bias_at(group1);
  let bias2 = bias_at(group2);
  let bias3 = bias_at(group3);
  var sum00 = bias0;
  var sum01 = bias1;
  var sum02 = bias2;
  var sum03 = bias3;
  var sum10 = bias0;
  var sum11 = bias1;
  var sum12 = bias2;
  var sum13 = bias3;
  var sum20 = bias0;
  var sum21 = bias1;
  var sum22 = bias2;
  var sum23 = bias3;
  var sum30 = bias0;
  var sum31 = bias1;
  var sum32 = bias2;
  var sum33 = bias3;

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let inside0 = is_inside(window0, y, x);
      let inside1 = is_inside(window1, y, x);
      let inside2 = is_inside(window2, y, x);
      let inside3 = is_inside(window3, y, x);
      let at0 = address(window0, y, x, inside0);
      let at1 = address(window1, y, x, inside1);
      let at2 = address(window2, y, x, inside2);
      let at3 = address(window3, y, x, inside3);
      let tap = (dy * KERNEL_W + dx) * columns;
      for (var c = 0u; c < CHANNELS; c++) {
        let column0 = column_at(head, group * all_columns + tap + c);
        let column1 = column_at(head, group1 * all_columns + tap + c);
        let column2 = column_at(head, group2 * all_columns + tap + c);
        let column3 = column_at(head, group3 * all_columns + tap + c);
        let x0 = load(at0 + c * plane, inside0);
        let x1 = load(at1 + c * plane, inside1);
        let x2 = load(at2 + c * plane, inside2);
        let x3 = load(at3 + c * plane, inside3);
        sum00 += column0 * x0;
        sum01 += column1 * x0;
        sum02 += column2 * x0;
        sum03 += column3 * x0;
        sum10 += column0 * x1;
        sum11 += column1 * x1;
        sum12 += column2 * x1;
        sum13 += column3 * x1;
        sum20 += column0 * x2;
        sum21 += column1 * x2;
        sum22 += column2 * x2;
        sum23 += column3 * x2;
        sum30 += column0 * x3;
        sum31 += column1 * x3;
        sum32 += column2 * x3;
        sum33 += column3 * x3;
      }
    }
  }

  store_relu(sum00, pixel, group);
  store_relu(sum01, pixel, group + 1u);
  store_relu(sum02, pixel, group + 2u);
  store_relu(sum03, pixel, group + 3u);
  store_relu(sum10, pixel + 1u, group);
  store_relu(sum11, pixel + 1u, group + 1u);
  store_relu(sum12, pixel + 1u, group + 2u);
  store_relu(sum13, pixel + 1u, group + 3u);
  store_relu(sum20, pixel + 2u, group);
  store_relu(sum21, pixel + 2u, group + 1u);
  store_relu(sum22, pixel + 2u, group + 2u);
  store_relu(sum23, pixel + 2u, group + 3u);
  store_relu(sum30, pixel + 3u, group);
  store_relu(sum31, pixel + 3u, group + 1u);
  store_relu(sum32, pixel + 3u, group + 2u);
  store_relu(sum33, pixel + 3u, group + 3u);
}
