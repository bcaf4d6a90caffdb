// dinp[r, k] += Σ_j dout[r, j] weight[j, k]
//   dout [rows, R] is the gradient at A's outputs; weight is A [R, K], also several of them one below the other; dinp [rows, K].
//   Accumulates: dinp holds the gradient by way of W already. See matmul/lib/nn_register.
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  inner: u32,         // R
  columns4: u32,      // K / 4
  dout_stride4: u32,  // columns of dout's rows / 4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

fn load_weight(j: u32, column4: u32) -> vec4f {
  return weight[j * params.columns4 + column4];
}

fn store_output(index: u32, value: vec4f) {
  dinp[index] += value;
}

#include "matmul/lib/nn_register.wgsl"
