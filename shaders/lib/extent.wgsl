// How much of the buffers is in use: written by the host for a training micro-batch, and by the GPU itself
// while it decodes. Kernels read it instead of having it in their params, so params never change.
struct Extent {
  rows: u32,        // tokens of the micro-batch, or sequences still alive
  tiles: u32,       // attention tiles of the micro-batch
  runs: u32,        // distinct tokens of the micro-batch
  accumulate: u32,  // 1: gradients add to those of the previous micro-batch; 0: they replace what is there
}
