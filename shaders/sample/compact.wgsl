// After a token was drawn: lists the sequences that are still alive, in order, and sets up the next position.
//   sequence, current, position [rows] describe the rows of the next position: which sequence, its newest token and
//   where that token stands. extent.rows becomes their number, so a finished sequence costs nothing from here on. One
//   workgroup; each lane scans one contiguous range of sequences.
#include "lib/extent.wgsl"

struct Params {
  sequences: u32,
  capacity: u32,  // response tokens that a sequence has room for
}

struct Drawn {
  token: u32,
  logprob: f32,
  entropy: f32,
}

@group(0) @binding(0) var<storage, read> alive: array<u32>;
@group(0) @binding(1) var<storage, read> drawn: array<Drawn>;
@group(0) @binding(2) var<storage, read> prompt_length: array<u32>;
@group(0) @binding(3) var<storage, read_write> sequence: array<u32>;
@group(0) @binding(4) var<storage, read_write> current: array<u32>;
@group(0) @binding(5) var<storage, read_write> position: array<u32>;
@group(0) @binding(6) var<storage, read_write> clock: array<u32>;
@group(0) @binding(7) var<storage, read_write> state: Extent;
@group(0) @binding(8) var<uniform> params: Params;

const LANES = 64u;
var<workgroup> living: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let size = (params.sequences + LANES - 1u) / LANES;
  let begin = min(lane * size, params.sequences);
  let end = min(begin + size, params.sequences);
  var count = 0u;
  for (var s = begin; s < end; s++) {
    count += alive[s];
  }
  living[lane] = count;
  let place = clock[0];
  workgroupBarrier();

  var row = 0u;
  for (var i = 0u; i < lane; i++) {
    row += living[i];
  }
  for (var s = begin; s < end; s++) {
    if (alive[s] == 1u) {
      sequence[row] = s;
      current[row] = drawn[s * params.capacity + place].token;
      position[row] = prompt_length[s] + place;
      row++;
    }
  }
  if (lane == LANES - 1u) {
    state.rows = row;
    clock[0] = place + 1u;
  }
}
