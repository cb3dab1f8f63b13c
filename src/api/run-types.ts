/** Types of the public API: tensors into and out of the network. */

import type { CallOptions } from './image-types.ts';
import type { Tensor } from './tensor.ts';

/**
 * A tensor in a buffer of the model's device: dense float32, row-major, NCHW.
 *
 * As an input, the buffer needs usage COPY_SRC; as a target for outputs, COPY_DST.
 */
export interface GpuTensor {
  /** A buffer of the model's device (`Model.device`). */
  buffer: GPUBuffer;
  /** Bytes from the start of the buffer, a multiple of 4. */
  offset: number;
  /** [n, c, h, w]; for logits [n, classes]. */
  shape: number[];
  /** The only layout: channels before rows before columns. */
  layout: 'nchw';
}

/** What `Model.run` returns, and where it puts the results. */
export interface RunOptions extends CallOptions {
  /**
   * Feature maps: `true` for all of the network's `out_indices`, `false` for none, or the stages by number, counted from 0. Default: none for a
   * classifier, all `out_indices` for a bare backbone.
   */
  features?: boolean | number[];
  /** Whether to return the logits. Default: true if the network has a head. */
  logits?: boolean;
  /**
   * Additional layers whose outputs to return: names of `model.graph()` (`layer3.0.conv2`), a block or a stage (`layer3.0`), whose output is its
   * last layer's, or an ending that only one layer has (`fc`). If a layer's norm is folded into its weights, the CPU computes its own output.
   */
  layers?: string[];
  /** Outputs are read back into arrays, which is the default. See GpuRunOptions for the other form. */
  output?: 'cpu';
}

/** For outputs that stay on the GPU. */
export interface GpuRunOptions extends Omit<RunOptions, 'output' | 'layers'> {
  /** `gpu` is implied if there is an encoder. */
  output?: 'gpu';
  /**
   * Records the run into this encoder, outside of any pass, and submits nothing. The input must be a GpuTensor, and the commands must be
   * submitted before the model's next call.
   */
  encoder?: GPUCommandEncoder;
  /** Where to copy outputs to, instead of the model's own buffers. */
  into?: {
    /** With the outputs' shapes, in ascending stage order. */
    features?: GpuTensor[];
    /** With the shape [n, classes]. */
    logits?: GpuTensor;
  };
}

/** The result of `Model.run`. */
export interface RunResult {
  /** Feature maps [n, c, h, w], in ascending stage order. Empty if none was requested. */
  features: Tensor[];
  /** [n, classes], before softmax. Absent for a bare backbone, and with `logits: false`. */
  logits?: Tensor;
  /** By the requested names. Absent if none was requested. */
  layers?: Record<string, Tensor>;
}

/**
 * Tensors in the model's own buffers (usage STORAGE | COPY_SRC, offsets multiples of 256), valid until its next call or its disposal: commands
 * that read them must be submitted before that. Buffers in `into` are the caller's.
 *
 * A value beyond the range of f16 is reported by the next call that reads the same outputs back.
 */
export interface GpuRunResult {
  /** Feature maps [n, c, h, w], in ascending stage order. Empty if none was requested. */
  features: GpuTensor[];
  /** [n, classes], before softmax. Absent for a bare backbone, and with `logits: false`. */
  logits?: GpuTensor;
}
