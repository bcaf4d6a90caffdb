// answer[i] = philox(counter[i], key[i]), and the uniform number that the sampler makes of the answer's first word. Only
// for philox.test.ts: it holds lib/philox.wgsl to known answers. One workgroup takes one counter.
#include "lib/philox.wgsl"

@group(0) @binding(0) var<storage, read> counter: array<vec4u>;
@group(0) @binding(1) var<storage, read> key: array<vec2u>;
@group(0) @binding(2) var<storage, read_write> answer: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> uniform_number: array<f32>;

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  let words = philox(counter[group.x], key[group.x]);
  answer[group.x] = words;
  uniform_number[group.x] = uniform_from(words.x);
}
