// What every attention kernel shares, so that a decoded token and the same token in a training batch see the same bits:
// keys come in blocks of BLOCK, counted from the start of the sequence; a block's scores are found first, then the
// running maximum moves once, then the block's values are added one by one.
const BLOCK = 8u;
const MAX_HEAD4 = 32u;     // head_dim / 4 at most; model/config.ts checks it
override HEAD4: u32 = 4u;  // head_dim / 4
const MASKED = -3.0e38;    // score of a key that must not be seen

// A softmax-weighted sum in the making (online softmax).
struct Running {
  maximum: f32,
  total: f32,  // Σ e^(score − maximum)
}

fn horizontal_sum(v: vec4f) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

// e^(score − maximum); exactly 0 for a masked score.
fn weight_of(score: f32, maximum: f32) -> f32 {
  return select(exp(score - maximum), 0.0, score == MASKED);
}
