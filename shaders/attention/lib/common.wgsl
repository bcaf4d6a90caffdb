// What every attention kernel shares. Keys are taken one by one in the order of the sequence (online softmax), so that a
// decoded token and the same token in a training batch see the same bits.
const BLOCK = 8u;          // rows that lanes fetch for each other at a time
const MAX_HEAD4 = 32u;     // head_dim / 4 at most; model/config.ts checks it
override HEAD4: u32 = 4u;  // head_dim / 4
const MASKED = -3.0e38;    // score of a key that must not be seen

// A softmax-weighted sum in the making.
struct Running {
  maximum: f32,     // of the scores so far
  total: f32,       // Σ e^(score − maximum)
  correction: f32,  // what the newest score did to the weights before it
  weight: f32,      // e^(newest score − maximum)
}

const NOTHING = Running(MASKED, 0.0, 1.0, 0.0);

fn add_score(before: Running, score: f32) -> Running {
  let maximum = max(before.maximum, score);
  let correction = exp(before.maximum - maximum);
  let weight = select(exp(score - maximum), 0.0, score == MASKED);
  return Running(maximum, fma(before.total, correction, weight), correction, weight);
}

fn horizontal_sum(v: vec4f) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}
