/** Writes the network's input. */

import type { Engine } from './device.ts';

/** Where an input is in a run. */
export interface InputPlace {
  device: GPUDevice;
  /** Commands recorded here come before those of the network. */
  encoder: GPUCommandEncoder;
  buffer: GPUBuffer;
  byteOffset: number;
  /** Index among the plan's inputs. */
  input: number;
}

/** Writes an input, through the queue or by commands recorded before the network's. If a run is repeated, it is written again. */
export interface InputWriter {
  /** Called first. If the run moves to another device, it is called again. */
  prepare?(engine: Engine): Promise<void>;
  write(place: InputPlace): void;
  /** Called after a run failed. What the writer has made on the GPU may be incomplete. */
  drop?(): void;
  /** Whether the image kernels write it. */
  readonly fromImages?: true;
}

/** An input of several images. A run may take some of them. */
export interface BatchInput {
  part(from: number, count: number): InputWriter;
}

/** Numbers on the CPU, dense NCHW. */
export function arrayInput(data: Float32Array): InputWriter {
  return { write: ({ device, buffer, byteOffset }) => device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>) };
}

/** The same for `n` images. */
export function arrayBatch(data: Float32Array, n: number): BatchInput {
  const size = data.length / n;
  return { part: (from, count) => arrayInput(data.subarray(from * size, (from + count) * size)) };
}
