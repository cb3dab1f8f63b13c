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
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Group>;
@group(0) @binding(2) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(3) var<storage, read> residual: array<Group>;
@group(0) @binding(4) var<storage, read_write> output: array<Group>;

struct Window {
  y: i32,
  x: i32,
  image: u32,
}

fn window_of(pixel: u32) -> Window {
  let p = min(pixel, params.pixels - 1u);
  let row = p / params.out_width;
  let column = p - row * params.out_width;
  let image = row / params.out_height;
  let line = row - image * params.out_height;
  return Window(i32(line * STRIDE_H) - i32(PAD_TOP), i32(column * STRIDE_W) - i32(PAD_LEFT), image * params.height);
}

fn is_inside(window: Window, dy: u32, dx: u32) -> bool {
  return u32(window.y + i32(dy)) < params.height && u32(window.x + i32(dx)) < params.width;
}

fn address(window: Window, dy: u32, dx: u32, inside: bool, first_group: u32) -> u32 {
  let pixel = (window.image + u32(window.y + i32(dy))) * params.width + u32(window.x + i32(dx));
  return select(0u, pixel, inside) * params.in_stride + params.in_offset + first_group;
}

fn load(at: u32, inside: bool) -> vec4f {
  return select(vec4f(0.0), unpack(input[at]), inside);
}

fn store(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels) {
    return;
  }
  var value = sum;
  if (RESIDUAL) {
    value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
  }
  if (RELU) {
    value = max(value, vec4f(0.0));
  }
  if (SIGMOID) {
    value = select(vec4f(0.0), 1.0 / (1.0 + exp(-value)), channel_mask(group, params.out_channels));
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = linear_id(workgroup, local, 64u) * 4u;
  let group = workgroup.z;
  if (pixel >= params.pixels) {
    return;
  }
  let first_group = min(group * 4u / params.group_out * params.group_in / 4u, params.last_start);
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

  store(sum0, pixel, group);
  store(sum1, pixel + 1u, group);
  store(sum2, pixel + 2u, group);
  store(sum3, pixel + 3u, group);
}
