// qkv[r, :] += bias[:], then every query and key head of the row is rotated by its position. An architecture without bias
// has BIASED false: nothing is added, and what is bound as bias is not read; with DIRECTION −1 it is then its own gradient.
//   qkv [rows, (H + 2K) D] in place: H query heads, K key heads, K value heads; bias [(H + 2K) D];
//   position [rows]; rotary [positions, 2, D/2]: cosines, then sines.
//   One invocation takes one unit of a row: four channels and their partners of a rotated head, or four channels of a value head.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/rotate.wgsl"

struct Params {
  width4: u32,    // (H + 2K) D / 4
  rotated4: u32,  // (H + K) D / 4: channels that are rotated
  half4: u32,     // D / 8
}

@group(0) @binding(0) var<storage, read_write> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> position: array<u32>;
@group(0) @binding(3) var<storage, read> rotary: array<vec4f>;
@group(0) @binding(4) var<uniform> extent: Extent;
@group(0) @binding(5) var<uniform> params: Params;

override BIASED: bool = true;
override DIRECTION: f32 = 1.0;  // −1 rotates back

fn bias_at(column: u32) -> vec4f {
  if (BIASED) {
    return bias[column];
  }
  return vec4f();
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let pairs = params.rotated4 / 2u;
  let units = params.width4 - pairs;
  let index = linear_group(group, groups) * 64u + lane;
  let row = index / units;
  let unit = index % units;
  if (row >= extent.rows) {
    return;
  }
  let begin = row * params.width4;
  if (unit >= pairs) {
    let column = unit + pairs;
    qkv[begin + column] += bias_at(column);
    return;
  }
  let channel = unit % params.half4;
  let column = unit / params.half4 * 2u * params.half4 + channel;
  let angle = position[row] * 2u * params.half4 + channel;
  let turned = rotate(
    qkv[begin + column] + bias_at(column),
    qkv[begin + column + params.half4] + bias_at(column + params.half4),
    rotary[angle],
    DIRECTION * rotary[angle + params.half4],
  );
  qkv[begin + column] = turned.first;
  qkv[begin + column + params.half4] = turned.second;
}
