// The same for the rows of dout that belong to a block of queries, and their lse and delta.
fn fetch_dout(row_and_head: u32) {}

fn shared_dout4(j: u32, row_and_head: u32, d: u32) -> vec4f {
  return dout[row_and_head * HEAD4 + d];
}

fn shared_lse_delta(j: u32, row_and_head: u32) -> vec2f {
  return vec2f(lse[row_and_head], delta[row_and_head]);
}
