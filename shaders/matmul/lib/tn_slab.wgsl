struct RowRange {
  begin: u32,
  end: u32,
}

// The rows that slab `slab` sums.
fn slab_rows(slab: u32) -> RowRange {
  let chunk = slab_size(extent.rows, params.slabs);
  let begin = min(slab * chunk, extent.rows);
  return RowRange(begin, min(begin + chunk, extent.rows));
}

// Stores a vec4 of row n of the slab, if there is such a row.
fn store_output(slab: u32, n: u32, column4: u32, value: vec4f) {
  if (n >= params.outputs || column4 >= params.columns4) {
    return;
  }
  let index = slab * params.slab_stride4 + n * params.columns4 + column4;
  if (extent.accumulate == 1u) {
    dweight[index] += value;
  } else {
    dweight[index] = value;
  }
}
