// All invocations of a workgroup walk through the same rows of qkv, a block of BLOCK rows at a time. Here each reads
// them itself: the addresses are the same for the whole workgroup, which a GPU serves from cache.
fn fetch(slot: u32, address: u32) {}

// Four channels of row j of the block; `address` is where that row's head begins.
fn shared4(slot: u32, j: u32, address: u32, d: u32) -> vec4f {
  return qkv[address + d];
}

// Rows of a block that are walked through. Not a constant, or compilers would unroll a loop of loads.
fn block_rows(left: u32) -> u32 {
  return min(BLOCK, left);
}
