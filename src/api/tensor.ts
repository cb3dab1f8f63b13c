/** Types of the public API: numbers on the CPU. */

/** Numbers in CPU memory: dense, row-major. Images and feature maps are [n, c, h, w] (NCHW), logits [n, classes]. */
export interface Tensor {
  /** As many numbers as the product of `shape`, the last axis fastest. */
  data: Float32Array;
  /** Length of each axis, outermost first. */
  shape: number[];
}
