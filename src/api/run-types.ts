/** Types of the public API: tensors into the network, tensors out of it. */

import type { CallOptions } from './image-types.ts';
import type { Tensor } from './tensor.ts';

/**
 * A tensor in a buffer of the model's device: dense float32, row-major, NCHW.
 *
 * As input, the buffer needs usage COPY_SRC; as a place for outputs, COPY_DST.
 */
export interface GpuTensor {
  /** Of the same device as the model (`Model.device`). */
  buffer: GPUBuffer;
  /** Bytes from the start of the buffer, a multiple of 4. */
  offset: number;
  /** [n, c, h, w]; of logits [n, classes]. */
  shape: number[];
  /** The only layout there is: channels before rows before columns. */
  layout: 'nchw';
}

/** What `Model.run` gives, and where. */
export interface RunOptions extends CallOptions {
  /**
   * Feature maps: `true` for all of the network's `out_indices`, `false` for none, or the stages by number, 0 for the first. Default: none of
   * a classifier, all `out_indices` of a bare backbone.
   */
  features?: boolean | number[];
  /** Whether to give the logits. Default: true where the network has a head. */
  logits?: boolean;
  /**
   * Layers whose outputs to give besides: names of `model.graph()` (`layer3.0.conv2`), a block's or a stage's (`layer3.0`), whose output is its last
   * layer's, or an end that only one layer has (`fc`). Where a layer's norm is folded into its weights, its own output is computed on the processor.
   */
  layers?: string[];
  /** Outputs are read back into arrays. That is the default; see GpuRunOptions for the other. */
  output?: 'cpu';
}

/** For outputs that stay on the GPU. */
export interface GpuRunOptions extends Omit<RunOptions, 'output' | 'layers'> {
  /** `gpu` is understood where there is an encoder. */
  output?: 'gpu';
  /**
   * Records the run here, outside of any pass, and submits nothing. The input must be a GpuTensor, and the commands must be
   * submitted before the model's next call.
   */
  encoder?: GPUCommandEncoder;
  /** Where to copy outputs to, in place of the model's own buffers. */
  into?: {
    /** Of the outputs' shapes, in ascending stage order. */
    features?: GpuTensor[];
    /** Of shape [n, classes]. */
    logits?: GpuTensor;
  };
}

/** What `Model.run` gives. */
export interface RunResult {
  /** Feature maps [n, c, h, w], in ascending stage order; empty where none was asked for. */
  features: Tensor[];
  /** [n, classes], before softmax. Absent for a bare backbone, and with `logits: false`. */
  logits?: Tensor;
  /** By the names that were asked for; absent where none was. */
  layers?: Record<string, Tensor>;
}

/**
 * Tensors in buffers of the model's own (usage STORAGE | COPY_SRC, offsets multiples of 256), valid until its next call or its
 * disposal: commands that read them have to be submitted before. Those of `into` are the caller's.
 *
 * A value beyond the range of f16 is reported by the next call that reads the same outputs back.
 */
export interface GpuRunResult {
  /** Feature maps [n, c, h, w], in ascending stage order; empty where none was asked for. */
  features: GpuTensor[];
  /** [n, classes], before softmax. Absent for a bare backbone, and with `logits: false`. */
  logits?: GpuTensor;
}
