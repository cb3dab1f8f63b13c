/** Types of the public API: how to load a model. */

import type { Tuning } from './tuning-types.ts';

/** How to load: on which device, in which precision, from where, and what is checked. */
export interface LoadOptions {
  /** A device of the caller's; never destroyed by the library. Default: one that the library asks for, and destroys with the model. */
  device?: GPUDevice;
  /** As in `requestAdapter`, where the library asks for the device. Default `high-performance`. */
  powerPreference?: GPUPowerPreference;
  /** How weights and activations are stored. Arithmetic is float32; with `f16` it is partly f16 where that is faster (AMD). `auto`, the default, is `f32`. */
  precision?: 'auto' | 'f32' | 'f16';
  /** [height, width] in pixels to prepare for. Other sizes work, too, and are prepared on first use. Default: the recipe's, 224x224 mostly. */
  inputSize?: [number, number];
  /** Batch size to prepare for. Default 1. */
  batch?: number;
  /**
   * Run in slices of a few milliseconds, so that a page that moves keeps its frame rate. It is slower by the pauses between them.
   * Normally a run is one submit. Default false; `run`, `classify` and `stream` can say otherwise.
   */
  background?: boolean;
  /** Ends the load, its downloads included, which then rejects with `aborted`. */
  signal?: AbortSignal;
  /** Is told how the load goes on. */
  onProgress?: (progress: Progress) => void;
  /**
   * Keep downloaded checkpoints in Cache Storage. By default a kept file is used if its server still has the same one (a HEAD
   * request; ETag or Last-Modified), or cannot be reached. With `true` it is used without asking, and loading ends only when the
   * file is kept. With `false` nothing is kept or taken.
   */
  cache?: boolean;
  /** In place of the global fetch. It sees every request of this load, resumed ones and those after a device loss included. */
  fetch?: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  /**
   * Sent with every request of this load, a token for instance. Servers of other origins must allow them (CORS). Files of another origin
   * that a manifest names are asked for without them. After a redirection to another origin browsers leave `Authorization` out
   * (Chrome since 119), and send the others along.
   */
  headers?: Record<string, string>;
  /** Base URL of the model hub that `hf:` stands for. Default https://huggingface.co */
  hub?: string;
  /**
   * What `tune` measured on this GPU. Shapes that the table lacks get what they would without it; shapes that the model lacks are ignored.
   * `auto`: measures by itself after the first result, less than a second on a GPU of 5 TFLOP/s, and keeps what it finds in IndexedDB. The next
   * load of a network with these shapes has the kernels that were fastest; this model stays as it is. `info.tuning` tells what came of it.
   */
  tuning?: Tuning | 'auto';
  /**
   * Bytes of GPU memory for weights and activations of one input size. Where a plan exceeds it, the model does without the second form of
   * weights that Winograd convolutions want. That is all that it can do without.
   */
  memoryBudget?: number;
  /**
   * When to check the kernels that the model uses on this GPU: each runs a small case three times, and is compared with a plain JavaScript
   * computation. Default: after the first result, once for each GPU and version of browser and library. `true`: before loading ends. `false`:
   * never. A kernel that is wrong is replaced. `info.verified` and `info.warnings` tell the outcome.
   */
  verify?: boolean;
}

/** How far a load has come. */
export interface Progress {
  /** Phases overlap: pipelines compile while the checkpoint downloads. */
  phase: 'download' | 'read' | 'compile' | 'upload' | 'warm';
  /** Bytes for download and upload, else items. */
  loaded: number;
  /** Of how many. Absent where a server does not say how large its file is. */
  total?: number;
}
