// Convolution whose groups are narrower than the 16-channel tile of conv.wgsl, depthwise included. A thread computes
// 4 output pixels x 4 output channels; each group of 4 output channels has its own range of input groups.
//
// Buffers, parameters and epilogue as in conv.wgsl. The weights of 4 output channels are dense over the groups of 4
// input channels that any of them needs, zeros where a channel is none of a convolution group's: depthwise weights
// are diagonal blocks. That keeps one kernel for every width, odd ones too.

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
  var sum0 = vec4f(0.0);
  var sum1 = vec4f(0.0);
  var sum2 = vec4f(0.0);
  var sum3 = vec4f(0.0);

  for (var dy = 0u; dy < KERNEL_H; dy++) {
    for (var dx = 0u; dx < KERNEL_W; dx++) {
      let y = dy * DILATION_H;
      let x = dx * DILATION_W;
      let inside0 = is_inside(window0, y, x);
      let inside1 = is_inside(window1, y, x);
      let inside2 = is_inside(window2, y, x);
      let inside3 = is_inside(window3, y, x);
      let at0 = input_address(window0, y, x, inside0, first_group);
      let at1 = input_address(window1, y, x, inside1, first_group);
      let at2 = input_address(window2, y, x, inside2, first_group);
      let at3 = input_address(window3, y, x, inside3, first_group);
      let tap = block + (dy * KERNEL_W + dx) * params.in_groups;
      for (var c = 0u; c < params.in_groups; c++) {
        let columns = block_at(head, tap + c);
        let x0 = load_input(at0 + c, inside0);
        let x1 = load_input(at1 + c, inside1);
        let x2 = load_input(at2 + c, inside2);
        let x3 = load_input(at3 + c, inside3);
        sum0 = multiply_add(sum0, columns, x0);
        sum1 = multiply_add(sum1, columns, x1);
        sum2 = multiply_add(sum2, columns, x2);
        sum3 = multiply_add(sum3, columns, x3);
      }
    }
  }

  store_sum(sum0, pixel, group, 0u);
  store_sum(sum1, pixel + 1u, group, 0u);
  store_sum(sum2, pixel + 2u, group, 0u);
  store_sum(sum3, pixel + 3u, group, 0u);
}
