/** Types of the public API: numbers on the CPU. */

/** Dense, row-major; images are NCHW. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}
