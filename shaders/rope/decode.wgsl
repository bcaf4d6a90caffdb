// rope/forward for one new token of every live sequence: bias is added where BIASED, queries are rotated in place, and the rotated key
// and the value go to the sequence's place in the cache.
//   qkv [rows, (H + 2K) D]; bias [(H + 2K) D]; sequence [rows]: which sequence a row is; position [rows]: where in its
//   sequence the new token stands; rotary as in rope/forward; cache [sequences, positions, 2, K D]: keys, then values.
//   One invocation takes one unit of a row, as in rope/forward.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/rotate.wgsl"

struct Params {
  width4: u32,     // (H + 2K) D / 4
  rotated4: u32,   // (H + K) D / 4: channels that are rotated
  half4: u32,      // D / 8
  positions: u32,  // capacity of the cache per sequence
}

@group(0) @binding(0) var<storage, read_write> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read> rotary: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(6) var<uniform> extent: Extent;
@group(0) @binding(7) var<uniform> params: Params;

override BIASED: bool = true;

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
  let values4 = params.width4 - params.rotated4;   // K D / 4
  let queries4 = params.rotated4 - values4;        // H D / 4
  let place = (sequence[row] * params.positions + position[row]) * 2u * values4;
  if (unit >= pairs) {
    let column = unit + pairs;
    cache[place + column - queries4] = qkv[begin + column] + bias_at(column);
    return;
  }
  let channel = unit % params.half4;
  let column = unit / params.half4 * 2u * params.half4 + channel;
  let angle = position[row] * 2u * params.half4 + channel;
  let turned = rotate(
    qkv[begin + column] + bias_at(column),
    qkv[begin + column + params.half4] + bias_at(column + params.half4),
    rotary[angle],
    rotary[angle + params.half4],
  );
  if (column < queries4) {
    qkv[begin + column] = turned.first;
    qkv[begin + column + params.half4] = turned.second;
  } else {
    cache[place + column - queries4] = turned.first;
    cache[place + column - queries4 + params.half4] = turned.second;
  }
}
