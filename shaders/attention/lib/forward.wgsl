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
  var running = Running(MASKED, 0.0);

  for (var block = segment.x; block <= last_row; block += BLOCK) {
    let own_row = min(block + own, last_row) * params.qkv4;
    var score: array<f32, BLOCK>;
    var maximum = running.maximum;
    fetch(0u, own_row + keys_at);
    for (var j = 0u; j < BLOCK; j++) {
      let key_at = min(block + j, last_row) * params.qkv4 + keys_at;
      var sum = vec4f();
      for (var d = 0u; d < HEAD4; d++) {
        sum = fma(query[d], shared4(0u, j, key_at, d), sum);
      }
      score[j] = select(MASKED, horizontal_sum(sum), block + j <= row);
      maximum = max(maximum, score[j]);
    }
    let correction = exp(running.maximum - maximum);
    running = Running(maximum, running.total * correction);
    for (var d = 0u; d < HEAD4; d++) {
      acc[d] *= correction;
    }
    fetch(0u, own_row + values_at);
    for (var j = 0u; j < BLOCK; j++) {
      let value_at = min(block + j, last_row) * params.qkv4 + values_at;
      let weight = weight_of(score[j], maximum);
      running.total += weight;
      for (var d = 0u; d < HEAD4; d++) {
        acc[d] = fma(vec4f(weight), shared4(0u, j, value_at, d), acc[d]);
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
