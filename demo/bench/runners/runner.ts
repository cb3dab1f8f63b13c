/** One runtime with one network, in a separate worker. */

import type { Tuning } from '../../../src/api/tuning-types.ts';

/** The network in the runtime's own format, in memory. How it got there is the same for all and is not measured. */
export type ModelFile =
  | { format: 'safetensors'; arch: unknown; bytes: Uint8Array<ArrayBuffer> }
  | { format: 'onnx' | 'tflite'; bytes: Uint8Array<ArrayBuffer> }
  | { format: 'tfjs'; artifacts: object };

export interface Input {
  /** NCHW. */
  data: Float32Array<ArrayBuffer>;
  shape: number[];
}

export interface Layer {
  name: string;
  kernel: string;
  variant: string;
  macs: number;
  us: number;
}

export interface Runner {
  /** Version of the runtime. */
  version: string;
  /** Threads of a runtime on the CPU. */
  threads?: number;
  /** How many calls of `infer` may be in flight. */
  maxInFlight: number;
  /** From the file to a network that can run, without running it. */
  load(file: ModelFile, input: Input, tuning?: Tuning): Promise<void>;
  /** From the input on the CPU to the logits on the CPU. */
  infer(): Promise<Float32Array>;
  /** Whether each layer is right on this GPU, if the runtime can tell. */
  selfTest?(): Promise<SelfTest>;
  /** The time of each layer, if the runtime can tell. */
  layers?(): Promise<{ layers: Layer[]; estimated: boolean }>;
}

export interface SelfTest {
  pass: boolean;
  /** Number of layers that were compared with plain JavaScript. */
  layers: number;
  /** Largest relative L2 error of a layer. */
  worst: number;
  firstBad?: string;
}

export type MakeRunner = () => Promise<Runner>;
