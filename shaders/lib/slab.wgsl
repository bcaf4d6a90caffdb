// Gradients of weights are sums over rows. To keep many workgroups busy and the order of summation fixed,
// the rows are cut into `slabs` equal chunks; each chunk's sum goes to a slab of its own, and gradient/reduce
// adds the slabs in order.
fn slab_size(rows: u32, slabs: u32) -> u32 {
  return ((rows + slabs - 1u) / slabs + 7u) & ~7u;
}
