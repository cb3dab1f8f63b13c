// Stores a convolution's sum where there is such a pixel and group. Constant: RELU.
fn store_relu(sum: vec4f, pixel: u32, group: u32) {
  if (pixel >= params.pixels || group >= params.out_groups) {
    return;
  }
  var value = sum;
  if (RELU) {
    value = relu(value);
  }
  output[pixel * params.out_stride + params.out_offset + group] = pack(value, params.step);
}
