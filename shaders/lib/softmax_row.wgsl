// Maximum and sums of one row of logits, shared by LANES lanes of which each takes one contiguous chunk. The sampler
// and the training forward pass both use it with the same LANES, so their log-probs agree to the last bit.
//
// With x[v] = logit[v] / temperature and m = max x:  total = Σ e^(x−m),  moment = Σ e^(x−m) (x − m).
override LANES: u32 = 1u;  // lanes per row, a divisor of 64
const WORKGROUP = 64u;
const NO_TOKEN = 0xffffffffu;
const EXCLUDED = -3.0e38;  // scaled logit of a token that cannot be sampled

struct SoftmaxRow {
  maximum: f32,
  total: f32,
  moment: f32,
}

struct Chunk {
  begin: u32,
  end: u32,
}

var<workgroup> lane_maximum: array<f32, WORKGROUP>;
var<workgroup> lane_total: array<f32, WORKGROUP>;
var<workgroup> lane_moment: array<f32, WORKGROUP>;

fn chunk_of(lane: u32, vocabulary: u32) -> Chunk {
  let size = (vocabulary + LANES - 1u) / LANES;
  let begin = min(lane % LANES * size, vocabulary);
  return Chunk(begin, min(begin + size, vocabulary));
}

// Every invocation of the workgroup must call this; `row_at` is where its row begins in logits.
fn softmax_row(lane: u32, row_at: u32, vocabulary: u32) -> SoftmaxRow {
  let chunk = chunk_of(lane, vocabulary);
  var maximum = EXCLUDED;
  for (var v = chunk.begin; v < chunk.end; v++) {
    maximum = max(maximum, scaled_logit(row_at, v));
  }
  if (LANES > 1u) {
    lane_maximum[lane] = maximum;
    workgroupBarrier();
    for (var i = 0u; i < LANES; i++) {
      maximum = max(maximum, lane_maximum[lane / LANES * LANES + i]);
    }
  }
  var total = 0.0;
  var moment = 0.0;
  for (var v = chunk.begin; v < chunk.end; v++) {
    let x = scaled_logit(row_at, v) - maximum;
    let e = exp(x);
    total += e;
    moment += select(e * x, 0.0, e == 0.0);
  }
  if (LANES > 1u) {
    lane_total[lane] = total;
    lane_moment[lane] = moment;
    workgroupBarrier();
    total = 0.0;
    moment = 0.0;
    for (var i = 0u; i < LANES; i++) {
      total += lane_total[lane / LANES * LANES + i];
      moment += lane_moment[lane / LANES * LANES + i];
    }
  }
  return SoftmaxRow(maximum, total, moment);
}

fn log_sum_exp(row: SoftmaxRow) -> f32 {
  return row.maximum + log(row.total);
}

// Entropy of the row in nats: log Σ e^(x−m) − E[x − m].
fn entropy_of(row: SoftmaxRow) -> f32 {
  return log(row.total) - row.moment / row.total;
}
