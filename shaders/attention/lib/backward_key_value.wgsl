override LANES: u32 = 32u;  // keys of a tile

// `own` is the row of each block that this lane fetches for its subgroup.
fn differentiate(segment: vec4u, key_head: u32, lane: u32, own: u32) {
  let heads_per_key = params.heads / params.key_heads;
  let row = segment.z + lane;
  let last_row = segment.y - 1u;
  let safe_row = min(row, last_row) * params.qkv4;
  let key_at = safe_row + (params.heads + key_head) * HEAD4;
  let value_at = safe_row + (params.heads + params.key_heads + key_head) * HEAD4;

  var key: array<vec4f, MAX_HEAD4>;
  var value: array<vec4f, MAX_HEAD4>;
  var d_key: array<vec4f, MAX_HEAD4>;
  var d_value: array<vec4f, MAX_HEAD4>;
  for (var d = 0u; d < HEAD4; d++) {
    key[d] = qkv[key_at + d];
    value[d] = qkv[value_at + d];
    d_key[d] = vec4f();
    d_value[d] = vec4f();
  }

  for (var head = key_head * heads_per_key; head < (key_head + 1u) * heads_per_key; head++) {
    for (var block = segment.z; block <= last_row; block += BLOCK) {
      let own_row = min(block + own, last_row);
      fetch(0u, own_row * params.qkv4 + head * HEAD4);
      fetch_dout(own_row * params.heads + head);
      for (var j = 0u; j < block_rows(last_row + 1u - block); j++) {
        let query_row = min(block + j, last_row);
        let query_at = query_row * params.qkv4 + head * HEAD4;
        let row_and_head = query_row * params.heads + head;
        var score = vec4f();
        var d_weight = vec4f();
        for (var d = 0u; d < HEAD4; d++) {
          score = fma(shared4(0u, j, query_at, d) * params.scale, key[d], score);
          d_weight = fma(shared_dout4(j, row_and_head, d), value[d], d_weight);
        }
        let lse_delta = shared_lse_delta(j, row_and_head);
        let seen = block + j >= row && block + j <= last_row;
        let weight = select(0.0, exp(horizontal_sum(score) - lse_delta.x), seen);
        let d_score = weight * (horizontal_sum(d_weight) - lse_delta.y) * params.scale;
        for (var d = 0u; d < HEAD4; d++) {
          d_key[d] = fma(vec4f(d_score), shared4(0u, j, query_at, d), d_key[d]);
          d_value[d] = fma(vec4f(weight), shared_dout4(j, row_and_head, d), d_value[d]);
        }
      }
    }
  }

  if (row > last_row) {
    return;
  }
  for (var d = 0u; d < HEAD4; d++) {
    dqkv[key_at + d] = d_key[d];
    dqkv[value_at + d] = d_value[d];
  }
}
