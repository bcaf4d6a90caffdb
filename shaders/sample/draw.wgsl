// Draws the next token of every live sequence from softmax(logits / temperature), or takes the likeliest.
//   The random number of a token is Philox at counter (response position, sequence, step, stream) under the run's seed:
//   it does not depend on which other sequences are in the batch. The token is the first v with Σ_{w ≤ v} e^(x_w − m) > u · total.
//   Writes token, logprob and entropy [sequences, capacity] at the clock's position; a sequence that draws the end token or
//   reaches the cap stops being alive: length and alive [sequences] tell. LANES lanes share a row.
#include "lib/extent.wgsl"
#include "lib/grid.wgsl"
#include "lib/philox.wgsl"

struct Params {
  vocabulary: u32,           // V
  stride: u32,               // floats from one row of logits to the next
  excluded: u32,             // a token that is never sampled, or 0xffffffff
  inverse_temperature: f32,
  capacity: u32,             // response tokens that a sequence has room for
  cap: u32,                  // response tokens that it may use: the budget L(t)
  end_token: u32,
  greedy: u32,               // 1: take the likeliest token, the lowest of equals
  seed_low: u32,
  seed_high: u32,
  step: u32,
  stream: u32,
}

// What a response token left behind.
struct Drawn {
  token: u32,
  logprob: f32,
  entropy: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> sequence: array<u32>;
@group(0) @binding(2) var<storage, read> random_id: array<u32>;
@group(0) @binding(3) var<storage, read> clock: array<u32>;
@group(0) @binding(4) var<storage, read_write> drawn: array<Drawn>;
@group(0) @binding(5) var<storage, read_write> length: array<u32>;
@group(0) @binding(6) var<storage, read_write> alive: array<u32>;
@group(0) @binding(7) var<uniform> extent: Extent;
@group(0) @binding(8) var<uniform> params: Params;

#include "lib/softmax_row.wgsl"

var<workgroup> lane_choice: array<u32, WORKGROUP>;

fn scaled_logit(row_at: u32, v: u32) -> f32 {
  return select(logits[row_at + v] * params.inverse_temperature, EXCLUDED, v == params.excluded);
}

// The likeliest token of this lane's chunk, or none.
fn likeliest(chunk: Chunk, row_at: u32, maximum: f32) -> u32 {
  for (var v = chunk.begin; v < chunk.end; v++) {
    if (scaled_logit(row_at, v) == maximum) {
      return v;
    }
  }
  return NO_TOKEN;
}

// The first token of this lane's chunk at which the cumulative sum passes the threshold. `before` is the sum of the
// chunks before. The sums run as in softmax_row, so exactly one chunk finds its token.
fn crossing(chunk: Chunk, row_at: u32, maximum: f32, before: f32, threshold: f32) -> u32 {
  var sum = 0.0;
  for (var v = chunk.begin; v < chunk.end; v++) {
    sum += exp(scaled_logit(row_at, v) - maximum);
    if (before + sum > threshold) {
      return v;
    }
  }
  return NO_TOKEN;
}

// What this lane's chunk proposes.
fn propose(lane: u32, row_at: u32, sums: SoftmaxRow, uniform_number: f32) -> u32 {
  let chunk = chunk_of(lane, params.vocabulary);
  if (params.greedy == 1u) {
    return likeliest(chunk, row_at, sums.maximum);
  }
  let threshold = uniform_number * sums.total;
  var before = 0.0;
  if (LANES > 1u) {
    for (var i = 0u; i < lane % LANES; i++) {
      before += lane_total[lane / LANES * LANES + i];
    }
    if (before > threshold) {
      return NO_TOKEN;
    }
  }
  return crossing(chunk, row_at, sums.maximum, before, threshold);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first_row = linear_group(group, groups) * WORKGROUP / LANES;
  if (first_row >= extent.rows) {
    return;
  }
  let row = first_row + lane / LANES;
  let row_at = min(row, extent.rows - 1u) * params.stride;
  let sums = softmax_row(lane, row_at, params.vocabulary);
  let index = sequence[min(row, extent.rows - 1u)];
  let place = clock[0];

  let bits = philox(
    vec4u(place, random_id[index], params.step, params.stream),
    vec2u(params.seed_low, params.seed_high),
  );
  var choice = propose(lane, row_at, sums, uniform_from(bits.x));
  if (LANES > 1u) {
    lane_choice[lane] = choice;
    workgroupBarrier();
    choice = NO_TOKEN;
    for (var i = 0u; i < LANES; i++) {
      choice = min(choice, lane_choice[lane / LANES * LANES + i]);
    }
  }
  if (row >= extent.rows || lane % LANES != 0u) {
    return;
  }
  if (choice == NO_TOKEN) {
    choice = params.end_token;  // the logits are not finite; the log-prob tells the host
  }
  let logprob = scaled_logit(row_at, choice) - log_sum_exp(sums);
  drawn[index * params.capacity + place] = Drawn(choice, logprob, entropy_of(sums));
  if (choice == params.end_token || place + 1u >= params.cap) {
    length[index] = place + 1u;
    alive[index] = 0u;
  }
}
