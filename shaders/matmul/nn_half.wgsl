// dinp[r, k] = Σ_n dout[r, n] weight[n, k]
//   dout [rows, N] with its own row stride, zero from N to the stride; weight [N, K]; dinp [rows, K]. Overwrites.
//   For weights in half precision; computes in f32: see matmul/lib/nn_register.
enable f16;
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  inner: u32,         // N
  columns4: u32,      // K / 4
  dout_stride4: u32,  // columns of dout's rows / 4
}

@group(0) @binding(0) var<storage, read> dout: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4h>;
@group(0) @binding(2) var<storage, read_write> dinp: array<vec4f>;
@group(0) @binding(3) var<uniform> extent: Extent;
@group(0) @binding(4) var<uniform> params: Params;

#include "matmul/lib/nn_edges.wgsl"
#include "matmul/lib/nn_register.wgsl"
