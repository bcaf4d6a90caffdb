// All invocations of a workgroup walk through the same rows of qkv, a block of BLOCK rows at a time. Here each lane
// fetches one row of the block and the subgroup hands it around; needs subgroups of BLOCK lanes or more.
var<private> share: array<array<vec4f, MAX_HEAD4>, 2>;

// `address` is where the head of this lane's own row of the block begins.
fn fetch(slot: u32, address: u32) {
  for (var d = 0u; d < HEAD4; d++) {
    share[slot][d] = qkv[address + d];
  }
}

// Four channels of row j of the block; `address` is where that row's head begins.
fn shared4(slot: u32, j: u32, address: u32, d: u32) -> vec4f {
  return subgroupShuffle(share[slot][d], j);
}

// Rows of a block that are walked through: always all, since a shuffle wants a lane that is known when compiling.
fn block_rows(left: u32) -> u32 {
  return BLOCK;
}
