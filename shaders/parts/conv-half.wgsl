// Stands before conv.wgsl in place of lib/conv-input.wgsl and block.wgsl, for arithmetic in halves: the products of 8 input
// channels, of groups DEPTH apart, are summed up as halves, two at a time on GPUs that can, and join the sum in float32. A chunk
// beyond the range of halves is infinite; the sum stays so, or becomes NaN, and `pack` reports either (lib/relu.f16.wgsl).
//
// halves  the buffer `weights` once more: halves come by their type, since naga takes none out of words; at
//         the last binding, whatever its number
//
// Constants: those of conv.wgsl; HALVES (the parts that this one stands for are left out, kernels/shaders.ts).

@group(0) @binding(1) var<storage, read> input: array<vec4h>;
@group(0) @binding(5) var<storage, read> halves: array<vec4h>;

alias Values = array<vec4h, 2>;
alias Block = array<vec4h, 8>;

fn input_at(at: u32, inside: bool) -> Values {
  return Values(select(vec4h(), input[at], inside), select(vec4h(), input[at + DEPTH], inside));
}

fn block_at(head: u32, block: u32) -> Block {
  var found: Block;
  for (var C = 0u; C < 8u; C++) {
    found[C] = halves[head * 2u + (block + C / 4u * DEPTH) * 4u + C % 4u];
  }
  return found;
}

fn multiply_add(sum: vec4f, block: Block, x: Values) -> vec4f {
  var chunk = vec4h();
  for (var C = 0u; C < 8u; C++) {
    chunk = fma(block[C], vec4h(x[C / 4u][C % 4u]), chunk);
  }
  return sum + vec4f(chunk);
}
