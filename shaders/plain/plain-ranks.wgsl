// The k largest logits of each row: replaces top-k.wgsl, with the same buffers, parameters and grid. One thread for each row, one search through it
// for each rank.


struct Params {
  step: u32,
  classes: u32,
  k: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

const NONE = 0xffffffffu;

// Grows with the number that the bits represent. Both zeros have the same key.
fn key_of(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) == 0u) {
    return 0x80000000u;
  }
  if (bits >= 0x80000000u) {
    return ~bits;
  }
  return bits | 0x80000000u;
}

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) workgroup: vec3u) {
  let first = workgroup.x * params.classes;
  let base = workgroup.x * (2u + 2u * params.k);
  var previous_key = NONE;
  var previous = NONE;
  var largest = 0.0;
  for (var rank = 0u; rank < params.k; rank++) {
    var best_key = 0u;
    var best = NONE;
    for (var i = 0u; i < params.classes; i++) {
      let key = key_of(logits[first + i]);
      let is_left = rank == 0u || key < previous_key || (key == previous_key && i > previous);
      if (is_left && (key > best_key || (key == best_key && i < best))) {
        best_key = key;
        best = i;
      }
    }
    previous_key = best_key;
    previous = best;
    let bits = logits[first + min(best, params.classes - 1u)];
    if (rank == 0u) {
      largest = bitcast<f32>(bits);
    }
    output[base + 2u + 2u * rank] = best;
    output[base + 3u + 2u * rank] = bits;
  }
  // Sums every 64 classes before adding these, because one long sum would lose digits.
  var bad = NONE;
  var sum = 0.0;
  for (var start = 0u; start < params.classes; start += 64u) {
    var own = 0.0;
    for (var i = start; i < min(start + 64u, params.classes); i++) {
      let bits = logits[first + i];
      if ((bits & 0x7f800000u) == 0x7f800000u) {
        bad = min(bad, i);
      }
      own += exp(bitcast<f32>(bits) - largest);
    }
    sum += own;
  }
  output[base] = bad;
  if (bad == NONE) {
    output[base + 1u] = bitcast<u32>(sum);
  } else {
    output[base + 1u] = logits[first + bad];
  }
}
