/** What fills the network's input. */

/** Where an input lies in one run. */
export interface InputPlace {
  device: GPUDevice;
  /** Commands recorded here come before the network's. */
  encoder: GPUCommandEncoder;
  buffer: GPUBuffer;
  byteOffset: number;
  /** Of the plan's inputs. */
  input: number;
}

/** Writes an input: by the queue, or by commands recorded before the network's. A run that is done again writes it again. */
export interface InputWriter {
  write(place: InputPlace): void;
  /** Written by the image kernels. */
  readonly fromImages?: true;
}

/** An input of several images, of which a run may take a part. */
export interface BatchInput {
  part(from: number, count: number): InputWriter;
}

/** Numbers on the CPU, dense NCHW. */
export function arrayInput(data: Float32Array): InputWriter {
  return { write: ({ device, buffer, byteOffset }) => device.queue.writeBuffer(buffer, byteOffset, data as Float32Array<ArrayBuffer>) };
}

/** The same of `n` images. */
export function arrayBatch(data: Float32Array, n: number): BatchInput {
  const size = data.length / n;
  return { part: (from, count) => arrayInput(data.subarray(from * size, (from + count) * size)) };
}
