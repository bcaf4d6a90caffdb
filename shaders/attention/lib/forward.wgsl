override LANES: u32 = 32u;  // queries of a tile

// `own` is the row of each block that this lane fetches for its subgroup.
fn attend(segment: vec4u, head: u32, lane: u32, own: u32) {
  let key_head = head / (params.heads / params.key_heads);
  let row = segment.z + lane;
  let last_row = min(segment.z + LANES, segment.y) - 1u;
  let query_at = min(row, last_row) * params.qkv4 + head * HEAD4;
  let keys_at = (params.heads + key_head) * HEAD4;
  let values_at = (params.heads + params.key_heads + key_head) * HEAD4;

  var query: array<vec4f, MAX_HEAD4>;
  var acc: array<vec4f, MAX_HEAD4>;
  for (var d = 0u; d < HEAD4; d++) {
    query[d] = qkv[query_at + d] * params.scale;
    acc[d] = vec4f();
  }
  var running = NOTHING;

  for (var block = segment.x; block <= last_row; block += BLOCK) {
    let own_row = min(block + own, last_row) * params.qkv4;
    fetch(0u, own_row + keys_at);
    fetch(1u, own_row + values_at);
    for (var j = 0u; j < block_rows(last_row + 1u - block); j++) {
      let key_row = min(block + j, last_row) * params.qkv4;
      var sum = vec4f();
      for (var d = 0u; d < HEAD4; d++) {
        sum = fma(query[d], shared4(0u, j, key_row + keys_at, d), sum);
      }
      running = add_score(running, select(MASKED, horizontal_sum(sum), block + j <= row));
      for (var d = 0u; d < HEAD4; d++) {
        let value = shared4(1u, j, key_row + values_at, d);
        acc[d] = fma(vec4f(running.weight), value, acc[d] * running.correction);
      }
    }
  }

  if (row > last_row) {
    return;
  }
  let inverse = 1.0 / running.total;
  for (var d = 0u; d < HEAD4; d++) {
    out[(row * params.heads + head) * HEAD4 + d] = acc[d] * inverse;
  }
  lse[row * params.heads + head] = running.maximum + log(running.total);
}
