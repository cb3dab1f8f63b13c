// Weights of a 3x3 convolution for its Winograd form, computed on the GPU when a plan needs them: G g G^T, a packed pointwise convolution
// for each of the SIZE * SIZE positions, with the same biases at the start. A thread computes one row of positions for 2 input x 4 output
// channels.
//
//    one block of 9 taps [3 x 3]  ->  SIZE x SIZE blocks of one tap, each for the position's own matrix. Threads: pairs of input channels
//    first, then groups of output channels; rows of positions along z.
//
// weights      packed blocks of 9 taps, see lib/weights.wgsl
// transformed  [SIZE * SIZE] packed blocks of one tap, as in lib/weights.wgsl. Float32, because f16 values would cost a digit: the
//              positions' sums are larger than the result
//
// Constants: TILE (2 or 4), SIZE = TILE + 2.

import package::conv::lib::winograd::{G};
import package::lib::grid::{linear_id};
import package::lib::weights::{bias_at, columns_at, WeightItem};
import constants::{SIZE};

struct Params {
  step: u32,
  out_groups: u32,
  in_groups: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<WeightItem>;
@group(0) @binding(2) var<storage, read_write> transformed: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = linear_id(workgroup, local, 64u);
  let head = params.out_groups;
  let row = workgroup.z;
  let pairs = params.in_groups * 2u;
  if (i >= head * pairs) {
    return;
  }
  if (row == 0u && i < head) {
    transformed[i] = bias_at(i);
  }
  let group = i / pairs;
  let pair = i % pairs;

  var first: array<vec4f, 3>;
  var second: array<vec4f, 3>;
  for (var K = 0u; K < 3u; K++) {
    // The row is not a constant, and not all compilers can index constant arrays with variables.
    var factor = 0.0;
    for (var R = 0u; R < SIZE; R++) {
      factor = select(factor, G[R * 3u + K], row == R);
    }
    for (var J = 0u; J < 3u; J++) {
      let columns = columns_at(head, (group * 9u + K * 3u + J) * pairs + pair);
      first[J] += factor * columns.first;
      second[J] += factor * columns.second;
    }
  }
  for (var J = 0u; J < SIZE; J++) {
    let at = ((row * SIZE + J) * head + group) * pairs + pair;
    var left = vec4f(0.0);
    var right = vec4f(0.0);
    for (var K = 0u; K < 3u; K++) {
      left += vec4f(G[J * 3u + K]) * first[K];
      right += vec4f(G[J * 3u + K]) * second[K];
    }
    transformed[head + at * 2u] = left;
    transformed[head + at * 2u + 1u] = right;
  }
}
