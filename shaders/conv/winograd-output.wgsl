// Last pass of a Winograd convolution: A^T m A gives TILE x TILE output pixels of each tile, then bias, residual and activation follow
// (lib/output.wgsl). A thread computes one row of a tile for 4 channels.
//
//    [position (i, j)][tile]  ->  TILE x TILE pixels of each tile, next to each other without overlap. Row r of a tile needs all
//    positions: first r of A^T times their rows, then A along the columns. Threads: channels first, then tiles; rows along z.
//
// input   [SIZE * SIZE, n * tiles_y * tiles_x] of `out_groups` groups, float32 (lib/output.PARTIAL.wgsl)
//
// Constants: TILE (2 or 4), SIZE = TILE + 2.

import package::conv::lib::input::{input_at};
import package::conv::lib::output::{store_sum};
import package::conv::lib::params::{params};
import package::conv::lib::winograd::{AT};
import package::lib::grid::{linear_id};
import constants::{SIZE, TILE};

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let tiles_x = (params.out_width + TILE - 1u) / TILE;
  let tiles_y = (params.out_height + TILE - 1u) / TILE;
  let tiles = params.pixels / (params.out_width * params.out_height) * tiles_x * tiles_y;
  let i = linear_id(workgroup, local, 64u);
  let tile = i / params.out_groups;
  let group = i % params.out_groups;
  let row = workgroup.z;
  let line = tile / tiles_x;
  let y = line % tiles_y * TILE + row;
  if (tile >= tiles || y >= params.out_height) {
    return;
  }

  var sum: array<vec4f, SIZE>;
  for (var K = 0u; K < SIZE; K++) {
    // The row is not a constant, and not all compilers can index constant arrays with variables.
    var factor = 0.0;
    for (var R = 0u; R < TILE; R++) {
      factor = select(factor, AT[R * SIZE + K], row == R);
    }
    if (factor != 0.0) {
      for (var J = 0u; J < SIZE; J++) {
        sum[J] += factor * input_at(((K * SIZE + J) * tiles + tile) * params.out_groups + group, true);
      }
    }
  }
  let x = tile % tiles_x * TILE;
  let pixel = (line / tiles_y * params.out_height + y) * params.out_width + x;
  for (var J = 0u; J < TILE; J++) {
    var value = vec4f(0.0);
    for (var K = 0u; K < SIZE; K++) {
      if (AT[J * SIZE + K] != 0.0) {
        value += vec4f(AT[J * SIZE + K]) * sum[K];
      }
    }
    if (x + J < params.out_width) {
      store_sum(value, pixel + J, group, 0u);
    }
  }
}
