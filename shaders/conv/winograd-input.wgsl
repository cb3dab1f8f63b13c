// First pass of a Winograd convolution: every tile of SIZE x SIZE input pixels, at a distance of TILE, becomes B^T d B. A thread computes
// one row of that for 4 channels. So it needs few registers, and small maps have enough threads.
//
//    input   . . [ tile 0  ] . .      Tiles overlap by 2 pixels. In the output, position (i, j) of all tiles is contiguous, as the
//                . . [ tile 1  ]      pixels of a separate pointwise convolution. Threads: channels first, then tiles; rows along z.
//
// input   [n, h, w] pixels of `in_stride` groups of 4 channels, read from group `in_offset` on
// output  [SIZE * SIZE, n * tiles_y * tiles_x] of `in_groups` groups, float32
//
// Constants: TILE (2 or 4), SIZE = TILE + 2, PAD_TOP/LEFT.

import package::conv::lib::input::{input_at};
import package::conv::lib::winograd::{BT};
import package::lib::grid::{linear_id};
import constants::{PAD_LEFT, PAD_TOP, SIZE, TILE};

struct Params {
  step: u32,
  tiles: u32,      // n * tiles_y * tiles_x
  tiles_x: u32,
  tiles_y: u32,
  height: u32,
  width: u32,
  in_groups: u32,
  in_stride: u32,
  in_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let tile = i / params.in_groups;
  let group = i % params.in_groups;
  if (tile >= params.tiles) {
    return;
  }
  let row = workgroup.z;
  let line = tile / params.tiles_x;
  let image = line / params.tiles_y;
  let top = line % params.tiles_y * TILE - PAD_TOP;
  let left = tile % params.tiles_x * TILE - PAD_LEFT;

  var sum: array<vec4f, SIZE>;
  for (var K = 0u; K < SIZE; K++) {
    // The row is not a constant, and not all compilers can index constant arrays with variables.
    var factor = 0.0;
    for (var R = 0u; R < SIZE; R++) {
      factor = select(factor, BT[R * SIZE + K], row == R);
    }
    if (factor != 0.0) {
      for (var J = 0u; J < SIZE; J++) {
        // A negative coordinate becomes a huge unsigned one.
        let inside = top + K < params.height && left + J < params.width;
        let pixel = select(0u, (image * params.height + top + K) * params.width + left + J, inside);
        sum[J] += factor * input_at(pixel * params.in_stride + params.in_offset + group, inside);
      }
    }
  }
  for (var J = 0u; J < SIZE; J++) {
    var value = vec4f(0.0);
    for (var K = 0u; K < SIZE; K++) {
      if (BT[J * SIZE + K] != 0.0) {
        value += vec4f(BT[J * SIZE + K]) * sum[K];
      }
    }
    output[((row * SIZE + J) * params.tiles + tile) * params.in_groups + group] = value;
  }
}
