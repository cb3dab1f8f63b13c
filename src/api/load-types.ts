/** Types of the public API: how to load a model. */

import type { Tuning } from './tuning-types.ts';

/** How to load: on which device, in which precision, from where, and what to check. */
export interface LoadOptions {
  /** Your own device. The library never destroys it. Default: the library requests one, and destroys it with the model. */
  device?: GPUDevice;
  /** As in `requestAdapter`, if the library requests the device. Default `high-performance`. */
  powerPreference?: GPUPowerPreference;
  /** How weights and activations are stored. Arithmetic is float32; with `f16` it is partly f16 where that is faster (AMD). `auto`, the default, is `f32`. */
  precision?: 'auto' | 'f32' | 'f16';
  /** [height, width] in pixels to prepare for. Other sizes also work, and are prepared on first use. Default: the recipe's, usually 224x224. */
  inputSize?: [number, number];
  /** Batch size to prepare for. Default 1. */
  batch?: number;
  /**
   * Run in slices of a few milliseconds, so that animations on the page stay smooth. The pauses between slices make runs slower. Normally
   * a run is one submit. Default false. `run`, `classify` and `stream` can override it.
   */
  background?: boolean;
  /** Ends the load and its downloads. The load then rejects with `aborted`. */
  signal?: AbortSignal;
  /** Called with the progress of the load. */
  onProgress?: (progress: Progress) => void;
  /**
   * Keep downloaded checkpoints in Cache Storage. By default a kept file is used if its server still has the same one (a HEAD request; ETag
   * or Last-Modified), or cannot be reached. With `true` it is used without asking, and loading only ends when the file is stored. With
   * `false` nothing is stored or read.
   */
  cache?: boolean;
  /** Replaces the global fetch. It sees every request of this load, including resumed ones and those after a device loss. */
  fetch?: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  /**
   * Sent with every request of this load, for example a token. Servers of other origins must allow them (CORS). Files on another origin that a
   * manifest names are requested without them. After a redirection to another origin, browsers drop `Authorization` (Chrome since 119), but
   * send the others.
   */
  headers?: Record<string, string>;
  /** Base URL of the model hub for `hf:`. Default https://huggingface.co */
  hub?: string;
  /**
   * A result of `tune` on this GPU. Shapes that the table lacks get their default, and shapes that the model lacks are ignored. `auto` measures
   * after the first result, for less than a second on a GPU of 5 TFLOP/s, and stores the result in IndexedDB. The next load of a network with
   * these shapes uses the fastest kernels; this model does not change. `info.tuning` tells the result.
   */
  tuning?: Tuning | 'auto';
  /**
   * Limit in bytes of GPU memory for weights and activations of one input size. If a plan exceeds it, the model does not use the transformed
   * weights of Winograd convolutions. It cannot save anything else.
   */
  memoryBudget?: number;
  /**
   * When to check the kernels that the model uses on this GPU: each runs a small case three times, and is compared with a plain JavaScript
   * computation. Default: after the first result, once for each GPU and version of browser and library. `true`: before loading ends. `false`:
   * never. A kernel that is wrong is replaced. `info.verified` and `info.warnings` tell the outcome.
   */
  verify?: boolean;
}

/** Progress of a load. */
export interface Progress {
  /** Phases overlap: pipelines compile while the checkpoint downloads. */
  phase: 'download' | 'read' | 'compile' | 'upload' | 'warm';
  /** Bytes for download and upload, otherwise items. */
  loaded: number;
  /** Total. Absent if a server does not tell the size of its file. */
  total?: number;
}
