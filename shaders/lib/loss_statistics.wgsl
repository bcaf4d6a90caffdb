// Sums over the tokens of a workgroup, in token order, one row of `statistics` per workgroup. The host adds the rows.
const STATISTICS = 16u;
const WORKGROUP = 64u;
var<workgroup> token_statistics: array<array<f32, WORKGROUP>, STATISTICS>;

// Every invocation of the workgroup must call this, after it filled its column of token_statistics.
// Statistic `minimum` is reduced by min, those from `first_maximum` on by max, all others are summed.
fn store_statistics(group: u32, lane: u32, minimum: u32, first_maximum: u32) {
  workgroupBarrier();
  if (lane >= STATISTICS) {
    return;
  }
  var value = token_statistics[lane][0];
  for (var i = 1u; i < WORKGROUP; i++) {
    let next = token_statistics[lane][i];
    if (lane == minimum) {
      value = min(value, next);
    } else if (lane >= first_maximum) {
      value = max(value, next);
    } else {
      value += next;
    }
  }
  statistics[group * STATISTICS + lane] = value;
}
