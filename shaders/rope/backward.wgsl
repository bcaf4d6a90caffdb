// dqkv[r, :] of query and key heads is rotated back by the position; then dbias[c] (+)= Σ_r dqkv[r, c].
//   dqkv [rows, (H + 2K) D] in place; dbias: slab `group` of the vector slabs, [(H + 2K) D].
//   One workgroup owns one slab's chunk of rows; a lane takes a unit as in rope/forward and walks down the rows.
#include "lib/extent.wgsl"
#include "lib/rotate.wgsl"
#include "lib/slab.wgsl"

struct Params {
  width4: u32,        // (H + 2K) D / 4
  rotated4: u32,      // (H + K) D / 4: channels that are rotated
  half4: u32,         // D / 8
  slabs: u32,
  slab_stride4: u32,  // distance between slabs of dbias, in vec4
}

@group(0) @binding(0) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> position: array<u32>;
@group(0) @binding(2) var<storage, read> rotary: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dbias: array<vec4f>;
@group(0) @binding(4) var<uniform> extent: Extent;
@group(0) @binding(5) var<uniform> params: Params;

const LANES = 64u;

fn add_bias_gradient(slab: u32, column: u32, sum: vec4f) {
  let slot = slab * params.slab_stride4 + column;
  if (extent.accumulate == 1u) {
    dbias[slot] += sum;
  } else {
    dbias[slot] = sum;
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let pairs = params.rotated4 / 2u;
  let units = params.width4 - pairs;
  let chunk = slab_size(extent.rows, params.slabs);
  let begin = min(group.x * chunk, extent.rows);
  let end = min(begin + chunk, extent.rows);

  for (var unit = lane; unit < units; unit += LANES) {
    var first_sum = vec4f();
    var second_sum = vec4f();
    if (unit >= pairs) {
      let column = unit + pairs;
      for (var row = begin; row < end; row++) {
        first_sum += dqkv[row * params.width4 + column];
      }
      add_bias_gradient(group.x, column, first_sum);
      continue;
    }
    let channel = unit % params.half4;
    let column = unit / params.half4 * 2u * params.half4 + channel;
    for (var row = begin; row < end; row++) {
      let index = row * params.width4 + column;
      let angle = position[row] * 2u * params.half4 + channel;
      let turned = rotate_back(
        dqkv[index],
        dqkv[index + params.half4],
        rotary[angle],
        rotary[angle + params.half4],
      );
      dqkv[index] = turned.first;
      dqkv[index + params.half4] = turned.second;
      first_sum += turned.first;
      second_sum += turned.second;
    }
    add_bias_gradient(group.x, column, first_sum);
    add_bias_gradient(group.x, column + params.half4, second_sum);
  }
}
