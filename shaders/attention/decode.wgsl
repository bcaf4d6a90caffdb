// out[r, h] = attention of one new token of every live sequence over its cached keys and values and itself
//   qkv [rows, (H + 2K) D]: the projections of the new token, before bias and rotation; bias [(H + 2K) D];
//   sequence [rows]: which sequence a row is; position [rows]: where in its sequence the new token stands;
//   rotary as in rope/forward; cache [sequences, positions, 2, K D]: keys, then values. Adds the new key and value to
//   the cache. The sums run in the order of attention/forward, so the bits agree with it. One invocation takes one head
//   of one row; the first head of a group writes the cache, the others compute the same key for themselves.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/rotate.wgsl"
#include "attention/lib/common.wgsl"

struct Params {
  heads: u32,      // H
  key_heads: u32,  // K
  positions: u32,  // capacity of the cache per sequence
  scale: f32,      // 1 / √D
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read> sequence: array<u32>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read> rotary: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> cache: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<uniform> extent: Extent;
@group(0) @binding(8) var<uniform> params: Params;

// Rotates head number `head` of a row, bias added, into `turned`.
fn rotated_head(row_at: u32, head: u32, angle: u32, turned: ptr<function, array<vec4f, MAX_HEAD4>>) {
  let half4 = HEAD4 / 2u;
  for (var i = 0u; i < half4; i++) {
    let column = head * HEAD4 + i;
    let pair = rotate(
      qkv[row_at + column] + bias[column],
      qkv[row_at + column + half4] + bias[column + half4],
      rotary[angle + i],
      rotary[angle + half4 + i],
    );
    turned[i] = pair.first;
    turned[half4 + i] = pair.second;
  }
}

@compute @workgroup_size(32)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = linear_group(group, groups) * 32u + lane;
  let row = index / params.heads;
  let head = index % params.heads;
  if (row >= extent.rows) {
    return;
  }
  let key_heads = params.key_heads;
  let heads_per_key = params.heads / key_heads;
  let key_head = head / heads_per_key;
  let row_at = row * (params.heads + 2u * key_heads) * HEAD4;
  let here = position[row];
  let angle = here * HEAD4;
  let step = 2u * key_heads * HEAD4;  // from one position of the cache to the next
  let keys_at = sequence[row] * params.positions * step + key_head * HEAD4;
  let values_at = keys_at + key_heads * HEAD4;

  var query: array<vec4f, MAX_HEAD4>;
  var new_key: array<vec4f, MAX_HEAD4>;
  var new_value: array<vec4f, MAX_HEAD4>;
  var acc: array<vec4f, MAX_HEAD4>;
  rotated_head(row_at, head, angle, &query);
  rotated_head(row_at, params.heads + key_head, angle, &new_key);
  let value_column = (params.heads + key_heads + key_head) * HEAD4;
  for (var d = 0u; d < HEAD4; d++) {
    new_value[d] = qkv[row_at + value_column + d] + bias[value_column + d];
    query[d] = query[d] * params.scale;
    acc[d] = vec4f();
    if (head % heads_per_key == 0u) {
      cache[keys_at + here * step + d] = new_key[d];
      cache[values_at + here * step + d] = new_value[d];
    }
  }

  var running = Running(MASKED, 0.0);
  for (var block = 0u; block <= here; block += BLOCK) {
    var score: array<f32, BLOCK>;
    var maximum = running.maximum;
    for (var j = 0u; j < BLOCK; j++) {
      let key_at = keys_at + min(block + j, here) * step;
      var sum = vec4f();
      for (var d = 0u; d < HEAD4; d++) {
        // Another invocation may be writing the new key to the cache at this moment; ours is at hand.
        sum = fma(query[d], select(cache[key_at + d], new_key[d], block + j >= here), sum);
      }
      score[j] = select(MASKED, horizontal_sum(sum), block + j <= here);
      maximum = max(maximum, score[j]);
    }
    let correction = exp(running.maximum - maximum);
    running = Running(maximum, running.total * correction);
    for (var d = 0u; d < HEAD4; d++) {
      acc[d] *= correction;
    }
    for (var j = 0u; j < BLOCK; j++) {
      let value_at = values_at + min(block + j, here) * step;
      let weight = weight_of(score[j], maximum);
      running.total += weight;
      for (var d = 0u; d < HEAD4; d++) {
        acc[d] = fma(vec4f(weight), select(cache[value_at + d], new_value[d], block + j >= here), acc[d]);
      }
    }
  }
  let inverse = 1.0 / running.total;
  for (var d = 0u; d < HEAD4; d++) {
    out[index * HEAD4 + d] = acc[d] * inverse;
  }
}
