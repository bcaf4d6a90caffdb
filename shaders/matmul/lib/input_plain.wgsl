// The input of a matmul is a buffer as it stands.
struct RowState {
  unused: f32,
}

fn open_row(row: u32) -> RowState {
  return RowState(0.0);
}

fn load_input(row: u32, k4: u32, state: RowState) -> vec4f {
  return inp[row * params.inner4 + k4];
}
