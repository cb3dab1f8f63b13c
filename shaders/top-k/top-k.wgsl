// The k largest logits of each row, largest first, equal ones by lower index, and what is needed for probabilities. A workgroup takes a row.
// For each rank, it searches the row once for the largest logit below those already found.
//
// logits  the bits of float32 [rows, classes]
// output  for each row 2 + 2 k words: index of the first logit that is not finite, or 0xffffffff; the bits of that logit, or otherwise
//         of the float32 sum of exp(logit - largest) over all classes; then for each rank the index and the bits of the logit

struct Params {
  step: u32,
  classes: u32,
  k: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

// Results of each thread: key and index of its largest logit; then its first logit that is not finite, and the bits of its sum.
var<workgroup> found: array<vec2u, 64>;

const NONE = 0xffffffffu;

// Grows with the number that the bits represent. Both zeros have the same key. Keys are compared as integers, because drivers take
// liberties with NaN and denormals.
fn key_of(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) == 0u) {
    return 0x80000000u;
  }
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

// For pairs of key and index.
fn is_before(a: vec2u, b: vec2u) -> bool {
  return a.x > b.x || (a.x == b.x && a.y < b.y);
}

// Each thread looks through the results of all threads. This needs one barrier, where a tree of 64 needs six. A first classify waits for
// the compilation on SwiftShader, which takes 0.25 s for this and 0.8 s for trees of 256 threads.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = workgroup.x * params.classes;
  let base = workgroup.x * (2u + 2u * params.k);
  let last = params.classes - 1u;

  var previous = vec2u(NONE, NONE);
  var largest = 0.0;
  for (var rank = 0u; rank < params.k; rank++) {
    var best = vec2u(0u, NONE);
    for (var i = local; i < params.classes; i += 64u) {
      let candidate = vec2u(key_of(logits[first + i]), i);
      if ((rank == 0u || is_before(previous, candidate)) && is_before(candidate, best)) {
        best = candidate;
      }
    }
    found[local] = best;
    workgroupBarrier();
    for (var lane = 0u; lane < 64u; lane++) {
      if (is_before(found[lane], best)) {
        best = found[lane];
      }
    }
    workgroupBarrier();
    previous = best;
    let bits = logits[first + min(best.y, last)];
    if (rank == 0u) {
      largest = bitcast<f32>(bits);
    }
    if (local == 0u) {
      output[base + 2u + 2u * rank] = best.y;
      output[base + 3u + 2u * rank] = bits;
    }
  }

  var bad = NONE;
  var sum = 0.0;
  for (var i = local; i < params.classes; i += 64u) {
    let bits = logits[first + i];
    if ((bits & 0x7f800000u) == 0x7f800000u) {
      bad = min(bad, i);
    }
    sum += exp(bitcast<f32>(bits) - largest);
  }
  found[local] = vec2u(bad, bitcast<u32>(sum));
  workgroupBarrier();
  if (local == 0u) {
    for (var lane = 1u; lane < 64u; lane++) {
      bad = min(bad, found[lane].x);
      sum += bitcast<f32>(found[lane].y);
    }
    output[base] = bad;
    output[base + 1u] = select(logits[first + min(bad, last)], bitcast<u32>(sum), bad == NONE);
  }
}
