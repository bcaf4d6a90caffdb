// The same for the rows of dout that belong to a block of queries, and their lse and delta.
var<private> dout_share: array<vec4f, MAX_HEAD4>;
var<private> lse_delta_share: vec2f;

fn fetch_dout(row_and_head: u32) {
  for (var d = 0u; d < HEAD4; d++) {
    dout_share[d] = dout[row_and_head * HEAD4 + d];
  }
  lse_delta_share = vec2f(lse[row_and_head], delta[row_and_head]);
}

fn shared_dout4(j: u32, row_and_head: u32, d: u32) -> vec4f {
  return subgroupShuffle(dout_share[d], j);
}

fn shared_lse_delta(j: u32, row_and_head: u32) -> vec2f {
  return subgroupShuffle(lse_delta_share, j);
}
