// Everything about a token that was known before the update, in one buffer to stay within eight bindings.
struct Token {
  weight: f32,
  advantage: f32,
  old_logprob: f32,
  ref_logprob: f32,
}
