// out[r, n] = residual[r, n] + Σ_k silu(gate[r, k]) · up[r, k] · weight[n, k]
//   matmul/nt_residual with its input made by SwiGLU on the way: saves a dispatch and a buffer while decoding.
//   inp [rows, 2K]: gate, then up; weight [N, K], residual and out [rows, N] with a row stride of their own. Overwrites.
//   For weights in half precision; computes in f32: see matmul/lib/nt_register.
enable f16;
#include "lib/extent.wgsl"
#include "lib/multiply_add.wgsl"

struct Params {
  columns: u32,      // N
  inner4: u32,       // K / 4
  out_stride4: u32,  // columns of out's rows / 4
}

@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read> weight: array<vec4h>;
@group(0) @binding(2) var<storage, read> residual: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<uniform> extent: Extent;
@group(0) @binding(5) var<uniform> params: Params;

fn store_output(index: u32, value: vec4f) {
  out[index] = residual[index] + value;
}

#include "matmul/lib/input_swiglu.wgsl"
#include "matmul/lib/nt_register.wgsl"
