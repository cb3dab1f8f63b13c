// Deformable convolution, v1 and v2 (Dai et al. 2017, Zhu et al. 2018; arithmetic of torchvision.ops.deform_conv2d). A workgroup computes
// a tile of pixels x output channels. For each tap of the window and each chunk of input channels, its threads first sample the input at
// the displaced positions into workgroup memory, once for all output channels of the tile. Then they multiply as in conv.wgsl, each thread
// PIXELS pixels x 4 output channels in registers. (With 8 channels for each thread, registers spill on Intel, where a lane has 64.)
//
// input    [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// offsets  [n, oh, ow] pixels of `at_stride` groups; channel 2 * (d * taps + tap) is the vertical, the next one the
//          horizontal displacement for deform group d; if MASK_PACKED, mask logits follow; one slice
// masks    [n, oh, ow] pixels of `mask_stride` groups; channel d * taps + tap; if MASK (otherwise any buffer is bound)
// weights  packed blocks, see lib/weights.wgsl
// output   [n, oh, ow] pixels of `out_stride` groups, written from group `out_offset` on
//
// Constants: KERNEL_H/W, STRIDE_H/W, DILATION_H/W, PAD_TOP/LEFT, ACTIVATION, MASK, MASK_PACKED, PIXELS (1, 2 or 4),
// OUT_LANES (threads along the output channels, a power of 2 up to 32; also groups of input channels in a chunk),
// GROUPED, SPLIT (deform groups end within groups of 4 channels, so each channel is sampled separately).

import package::lib::block::{block_at};
import package::lib::channel_groups::{first_group_of};
import package::lib::epilogue::{activate};
import package::lib::grid::{linear_id};
import package::lib::multiply::{multiply_add};
import package::lib::storage::{Group, pack, unpack};
import package::lib::weights::{bias_at, WeightItem};
import package::lib::window::{Window, window_of};
import constants::{
  DILATION_H, DILATION_W, GROUPED, KERNEL_H, KERNEL_W, MASK, MASK_PACKED, OUT_LANES, PAD_LEFT, PAD_TOP, PIXELS, SPLIT,
  STRIDE_H, STRIDE_W,
};

struct Params {
  step: u32,
  pixels: u32,         // n * oh * ow
  out_height: u32,
  out_width: u32,
  height: u32,
  width: u32,
  in_groups: u32,      // groups of input channels that an output channel sums over
  in_stride: u32,
  in_offset: u32,
  at_stride: u32,
  at_offset: u32,
  mask_stride: u32,
  mask_offset: u32,
  out_groups: u32,
  out_stride: u32,
  out_offset: u32,
  group_in: u32,       // channels of a convolution group, if GROUPED
  group_out: u32,
  last_start: u32,     // last possible start of a range, so that none ends beyond the last input group
  slice_groups: u32,   // groups of 4 and channels of each slice of the output
  slice_width: u32,
  deform_groups: u32,
  deform_width: u32,   // channels of a deform group
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> offsets: array<Group>;
@group(0) @binding(3) var<storage, read> masks: array<Group>;
@group(0) @binding(4) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(5) var<storage, read_write> output: array<Group>;

const TAPS = KERNEL_H * KERNEL_W;
const PIXEL_LANES = 64u / OUT_LANES;
const PIXEL_TILE = PIXEL_LANES * PIXELS;
const ITEMS = 64u * PIXELS; // PIXEL_TILE pixels x OUT_LANES groups of input channels
var<workgroup> samples: array<vec4f, ITEMS>;

fn channel_of(group: vec4f, channel: u32) -> f32 {
  var values = group;
  return values[channel % 4u];
}

fn mask_at(pixel: u32, place: u32) -> f32 {
  if (MASK) {
    return channel_of(unpack(masks[pixel * params.mask_stride + params.mask_offset + place / 4u]), place);
  }
  if (MASK_PACKED) {
    let channel = 2u * TAPS * params.deform_groups + place;
    let logit = channel_of(unpack(offsets[pixel * params.at_stride + params.at_offset + channel / 4u]), channel);
    return 1.0 / (1.0 + exp(-logit));
  }
  return 1.0;
}

// Bilinear interpolation at the displaced tap. Neighbours outside the map count as zero.
fn sample_at(window: Window, pixel: u32, tap: u32, group: u32, deform_group: u32) -> vec4f {
  let place = deform_group * TAPS + tap;
  let pair = unpack(offsets[pixel * params.at_stride + params.at_offset + place / 2u]);
  let shift = select(pair.xy, pair.zw, place % 2u == 1u);
  // At the limits all neighbours are outside or have no weight, so clamping replaces the test "too far away".
  let y = clamp(f32(window.y) + f32(tap / KERNEL_W * DILATION_H) + shift.x, -1.0, f32(params.height));
  let x = clamp(f32(window.x) + f32(tap % KERNEL_W * DILATION_W) + shift.y, -1.0, f32(params.width));
  let top = floor(y);
  let left = floor(x);
  let y0 = i32(top);
  let x0 = i32(left);
  let last_y = i32(params.height) - 1;
  let last_x = i32(params.width) - 1;
  let upper = select(0.0, 1.0 - (y - top), y0 >= 0 && y0 <= last_y);
  let lower = select(0.0, y - top, y0 < last_y);
  let near = select(0.0, 1.0 - (x - left), x0 >= 0 && x0 <= last_x);
  let far = select(0.0, x - left, x0 < last_x);
  let line0 = (window.image + u32(clamp(y0, 0, last_y))) * params.width;
  let line1 = (window.image + u32(clamp(y0 + 1, 0, last_y))) * params.width;
  let column0 = u32(clamp(x0, 0, last_x));
  let column1 = u32(clamp(x0 + 1, 0, last_x));
  let first = params.in_offset + group;
  let a = unpack(input[(line0 + column0) * params.in_stride + first]);
  let b = unpack(input[(line0 + column1) * params.in_stride + first]);
  let c = unpack(input[(line1 + column0) * params.in_stride + first]);
  let d = unpack(input[(line1 + column1) * params.in_stride + first]);
  let value = (a * near + b * far) * upper + (c * near + d * far) * lower;
  return value * mask_at(pixel, place);
}

fn deform_group_of(channel: u32) -> u32 {
  return min(channel / params.deform_width, params.deform_groups - 1u);
}

fn sample_group(window: Window, pixel: u32, tap: u32, group: u32) -> vec4f {
  let channel = group * 4u;
  if (!SPLIT) {
    return sample_at(window, pixel, tap, group, deform_group_of(channel));
  }
  var value = vec4f(0.0);
  for (var i = 0u; i < 4u; i++) {
    value[i] = channel_of(sample_at(window, pixel, tap, group, deform_group_of(channel + i)), i);
  }
  return value;
}

fn store(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum;
  value = activate(value);
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_pixel = linear_id(workgroup, 0u, 1u) * PIXEL_TILE;
  if (first_pixel >= params.pixels) {
    return;
  }
  let first_out = workgroup.z * OUT_LANES;
  var first_group = 0u;
  if (GROUPED) {
    first_group = first_group_of(first_out);
  }

  // What this thread computes. Groups beyond the last one read its weights and are not stored.
  let lane = local % PIXEL_LANES;
  let pixel = first_pixel + lane;
  let group = first_out + local / PIXEL_LANES;
  let head = params.out_groups;
  let block = min(group, head - 1u) * TAPS * params.in_groups;
  let bias = bias_at(min(group, head - 1u));

  // What it samples: channel group local % OUT_LANES of every PIXEL_LANES-th pixel of the tile.
  let sampled = local % OUT_LANES;
  let row = local / OUT_LANES;

  var sum0 = bias;
  var sum1 = bias;
  var sum2 = bias;
  var sum3 = bias;
  for (var tap = 0u; tap < TAPS; tap++) {
    for (var chunk = 0u; chunk < params.in_groups; chunk += OUT_LANES) {
      if (chunk + sampled < params.in_groups) {
        // Not unrolled, because the sampling is long, and compilers take seconds for four copies of it.
        for (var i = row; i < PIXEL_TILE; i += PIXEL_LANES) {
          let at = min(first_pixel + i, params.pixels - 1u);
          samples[sampled * PIXEL_TILE + i] = sample_group(window_of(at, vec2u(STRIDE_H, STRIDE_W), vec2u(PAD_TOP, PAD_LEFT)), at, tap, first_group + chunk + sampled);
        }
      }
      workgroupBarrier();
      let count = min(OUT_LANES, params.in_groups - chunk);
      for (var i = 0u; i < count; i++) {
        let at = i * PIXEL_TILE + lane;
        let columns = block_at(head, block + tap * params.in_groups + chunk + i);
        sum0 = multiply_add(sum0, columns, samples[at]);
        if (PIXELS > 1u) {
          sum1 = multiply_add(sum1, columns, samples[at + PIXEL_LANES]);
        }
        if (PIXELS > 2u) {
          sum2 = multiply_add(sum2, columns, samples[at + PIXEL_LANES * 2u]);
          sum3 = multiply_add(sum3, columns, samples[at + PIXEL_LANES * 3u]);
        }
      }
      workgroupBarrier();
    }
  }

  store(sum0, pixel, group);
  if (PIXELS > 1u) {
    store(sum1, pixel + PIXEL_LANES, group);
  }
  if (PIXELS > 2u) {
    store(sum2, pixel + PIXEL_LANES * 2u, group);
    store(sum3, pixel + PIXEL_LANES * 3u, group);
  }
}
