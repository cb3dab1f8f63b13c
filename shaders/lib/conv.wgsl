// Loads and epilogue of conv.wgsl and conv-grouped.wgsl. Constants: PADDED, RESIDUAL, RELU, SIGMOID.
//
// Loads are unconditional: outside the input the address is that of pixel 0 and the value is dropped, since a branch
// round every load makes compilers wait for each load by itself.

fn address(window: Window, dy: u32, dx: u32, inside: bool, first_group: u32) -> u32 {
  let pixel = (window.image + u32(window.y + i32(dy))) * params.width + u32(window.x + i32(dx));
  return select(0u, pixel, inside) * params.in_stride + params.in_offset + first_group;
}

fn load(at: u32, inside: bool) -> vec4f {
  let value = unpack(input[at]);
  if (!PADDED) {
    return value;
  }
  return select(vec4f(0.0), value, inside);
}

fn store_sum(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum;
  if (RESIDUAL) {
    value += unpack(residual[pixel * params.residual_stride + params.residual_offset + group]);
  }
  if (RELU) {
    value = relu(value);
  }
  if (SIGMOID) {
    value = select(vec4f(0.0), 1.0 / (1.0 + exp(-value)), channel_mask(group, params.out_channels));
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
