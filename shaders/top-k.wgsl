// The k largest logits of each row, largest first, equal ones by lower index, and what makes probabilities of them. A
// workgroup takes a row; a rank is one search through it for the largest logit below those already found.
//
// logits  the bits of float32 [rows, classes]
// output  for each row 2 + 2 k words: index of the first logit that is not finite, or 0xffffffff; the bits of that logit, or
//         else of the float32 sum of exp(logit - largest) over all classes; then index and the bits of the logit for each rank

struct Params {
  step: u32,
  classes: u32,
  k: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

var<workgroup> keys: array<u32, 256>;
var<workgroup> indices: array<u32, 256>;
var<workgroup> sums: array<f32, 256>;

const NONE = 0xffffffffu;

// Grows with the number that the bits are of; both zeros have the same. Compared as integers, since drivers take liberties
// with NaN and with denormals.
fn key_of(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) == 0u) {
    return 0x80000000u;
  }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

fn is_before(key: u32, index: u32, other_key: u32, other_index: u32) -> bool {
  return key > other_key || (key == other_key && index < other_index);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroup.x * params.classes;
  let base = workgroup.x * (2u + 2u * params.k);

  var bad = NONE;
  for (var i = local; i < params.classes; i += 256u) {
    if ((logits[first + i] & 0x7f800000u) == 0x7f800000u) {
      bad = min(bad, i);
    }
  }
  indices[local] = bad;
  workgroupBarrier();
  for (var lanes = 128u; lanes > 0u; lanes /= 2u) {
    if (local < lanes) {
      indices[local] = min(indices[local], indices[local + lanes]);
    }
    workgroupBarrier();
  }
  bad = indices[0];
  workgroupBarrier();

  var largest = 0.0;
  var last_key = NONE;
  var last_index = 0u;
  for (var rank = 0u; rank < params.k; rank++) {
    var key = 0u;
    var index = NONE;
    for (var i = local; i < params.classes; i += 256u) {
      let other = key_of(logits[first + i]);
      if ((rank == 0u || is_before(last_key, last_index, other, i)) && is_before(other, i, key, index)) {
        key = other;
        index = i;
      }
    }
    keys[local] = key;
    indices[local] = index;
    workgroupBarrier();
    for (var lanes = 128u; lanes > 0u; lanes /= 2u) {
      if (local < lanes && is_before(keys[local + lanes], indices[local + lanes], keys[local], indices[local])) {
        keys[local] = keys[local + lanes];
        indices[local] = indices[local + lanes];
      }
      workgroupBarrier();
    }
    last_key = keys[0];
    last_index = indices[0];
    workgroupBarrier();
    let bits = logits[first + min(last_index, params.classes - 1u)];
    if (rank == 0u) {
      largest = bitcast<f32>(bits);
    }
    if (local == 0u) {
      output[base + 2u + 2u * rank] = last_index;
      output[base + 3u + 2u * rank] = bits;
    }
  }

  var sum = 0.0;
  for (var i = local; i < params.classes; i += 256u) {
    sum += exp(bitcast<f32>(logits[first + i]) - largest);
  }
  sums[local] = sum;
  workgroupBarrier();
  for (var lanes = 128u; lanes > 0u; lanes /= 2u) {
    if (local < lanes) {
      sums[local] += sums[local + lanes];
    }
    workgroupBarrier();
  }
  if (local == 0u) {
    output[base] = bad;
    output[base + 1u] = select(bitcast<u32>(sums[0]), logits[first + min(bad, params.classes - 1u)], bad != NONE);
  }
}
