// gradient[i] = Σ_s slab[s, i]: adds the slabs of every weight gradient in order. partial [workgroups] gets each
//   workgroup's share of Σ gradient².
//   Matrices and vectors (norm weights, biases) have slabs of different number; the flat layout holds all matrices first.
//   What is bound is a chunk of the parameters, and of each slab the part from where the chunk begins.
//   Invocations stride through the parameters, four at a time. Overwrites.
struct Params {
  matrices4: u32,       // floats of the chunk that are of matrices / 4
  total4: u32,          // floats of the chunk / 4
  matrix_slabs: u32,
  vector_slabs: u32,
  matrix_stride4: u32,  // distance between slabs, in vec4
  vector_stride4: u32,
}

@group(0) @binding(0) var<storage, read> matrix_slab: array<vec4f>;  // [matrix_slabs, matrix_stride4]
@group(0) @binding(1) var<storage, read> vector_slab: array<vec4f>;  // [vector_slabs, vector_stride4]
@group(0) @binding(2) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial_squares: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

#include "lib/partial_squares.wgsl"

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var squares = vec4f();
  for (var i = group.x * LANES + lane; i < params.total4; i += groups.x * LANES) {
    var sum = vec4f();
    if (i < params.matrices4) {
      for (var s = 0u; s < params.matrix_slabs; s++) {
        sum += matrix_slab[s * params.matrix_stride4 + i];
      }
    } else {
      for (var s = 0u; s < params.vector_slabs; s++) {
        sum += vector_slab[s * params.vector_stride4 + i - params.matrices4];
      }
    }
    gradient[i] = sum;
    squares = fma(sum, sum, squares);
  }
  let total = workgroup_squares(lane, squares);
  if (lane == 0u) {
    partial_squares[group.x] = total;
  }
}
