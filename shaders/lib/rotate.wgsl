// Rotary position embedding, half-split as in Llama and Qwen: channel i < D/2 is rotated with channel i + D/2 by the
// angle position · theta^(−2i/D). The tables hold (cos, sin) of four channels as two vec4.
struct Rotated {
  first: vec4f,
  second: vec4f,
}

// By +angle. Written with fma so that every kernel rounds it in the same way.
fn rotate(first: vec4f, second: vec4f, cosine: vec4f, sine: vec4f) -> Rotated {
  return Rotated(fma(first, cosine, -(second * sine)), fma(second, cosine, first * sine));
}

// By −angle: the transpose, which is the gradient.
fn rotate_back(first: vec4f, second: vec4f, cosine: vec4f, sine: vec4f) -> Rotated {
  return Rotated(fma(first, cosine, second * sine), fma(second, cosine, -(first * sine)));
}
