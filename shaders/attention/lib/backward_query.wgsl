override LANES: u32 = 32u;  // queries of a tile

// `own` is the row of each block that this lane fetches for its subgroup.
fn differentiate(segment: vec4u, head: u32, lane: u32, own: u32) {
  let key_head = head / (params.heads / params.key_heads);
  let row = segment.z + lane;
  let last_row = min(segment.z + LANES, segment.y) - 1u;
  let safe_row = min(row, last_row);
  let query_at = safe_row * params.qkv4 + head * HEAD4;
  let out_at = (safe_row * params.heads + head) * HEAD4;
  let keys_at = (params.heads + key_head) * HEAD4;
  let values_at = (params.heads + params.key_heads + key_head) * HEAD4;

  var query: array<vec4f, MAX_HEAD4>;
  var d_out: array<vec4f, MAX_HEAD4>;
  var d_query: array<vec4f, MAX_HEAD4>;
  var dot_out = vec4f();
  for (var d = 0u; d < HEAD4; d++) {
    query[d] = qkv[query_at + d] * params.scale;
    d_out[d] = dout[out_at + d];
    d_query[d] = vec4f();
    dot_out = fma(d_out[d], out[out_at + d], dot_out);
  }
  let own_delta = horizontal_sum(dot_out);
  let own_lse = lse[safe_row * params.heads + head];

  for (var block = segment.x; block <= last_row; block += BLOCK) {
    let own_row = min(block + own, last_row) * params.qkv4;
    fetch(0u, own_row + keys_at);
    fetch(1u, own_row + values_at);
    for (var j = 0u; j < block_rows(last_row + 1u - block); j++) {
      let key_at = min(block + j, last_row) * params.qkv4 + keys_at;
      let value_at = min(block + j, last_row) * params.qkv4 + values_at;
      var score = vec4f();
      var d_weight = vec4f();
      for (var d = 0u; d < HEAD4; d++) {
        score = fma(query[d], shared4(0u, j, key_at, d), score);
        d_weight = fma(d_out[d], shared4(1u, j, value_at, d), d_weight);
      }
      let weight = select(0.0, exp(horizontal_sum(score) - own_lse), block + j <= row);
      let d_score = weight * (horizontal_sum(d_weight) - own_delta) * params.scale;
      for (var d = 0u; d < HEAD4; d++) {
        d_query[d] = fma(vec4f(d_score), shared4(0u, j, key_at, d), d_query[d]);
      }
    }
  }

  if (row > last_row) {
    return;
  }
  for (var d = 0u; d < HEAD4; d++) {
    dqkv[query_at + d] = d_query[d];
  }
  delta[row * params.heads + head] = own_delta;
}
