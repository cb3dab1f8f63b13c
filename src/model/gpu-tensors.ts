/** Inputs and outputs on the GPU. Loaded when a caller uses them. */

import type { GpuRunOptions, GpuRunResult, GpuTensor, RunOptions, Tensor } from '../api/types.ts';
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import type { GpuMemory } from '../gpu/gpu-memory.ts';
import type { BatchInput, InputWriter } from '../gpu/input-writer.ts';
import { product } from '../graph/shape.ts';
import { ResnetError } from '../util/errors.ts';
import type { Session } from './session.ts';

type Options = Omit<RunOptions & GpuRunOptions, 'output'> & { output?: string };

function fail(layer: string, what: string, hint: string): never {
  throw new ResnetError('usage', what, { layer, hint });
}

/** Refuses options that contradict each other. */
export function checkGpuOptions(input: Tensor | GpuTensor, { output, encoder, into, background, layers }: Options): void {
  if (output !== undefined && output !== 'cpu' && output !== 'gpu')
    fail('output', `"${output}" is not a place for outputs.`, "Pass 'cpu' or 'gpu'.");
  if (into && output !== 'gpu' && !encoder) fail('into', 'It is for outputs that stay on the GPU.', "Pass output: 'gpu', too.");
  if (layers && (output === 'gpu' || encoder)) fail('layers', 'Layers are read back.', 'Leave out layers, or output and encoder.');
  if (!encoder) return;
  if (typeof encoder.beginComputePass !== 'function')
    fail('encoder', 'This is not a GPUCommandEncoder.', 'Pass device.createCommandEncoder().');
  if (output === 'cpu') fail('output', 'A run that is only recorded cannot be read back.', "Leave output out, or pass 'gpu'.");
  if (background)
    fail('background', 'A run that is recorded into one encoder cannot be cut into slices.', 'Leave out background or encoder.');
  if (!('buffer' in input)) {
    fail('input', 'A tensor on the CPU would be overwritten by the next one before the encoder is submitted.', 'Pass a GpuTensor.');
  }
}

/** A checked tensor as the network's input. It is copied there when its turn comes. */
export async function gpuBatch(session: Session, input: GpuTensor): Promise<BatchInput> {
  const engine = await session.ready();
  await validate(engine, input, 'input', 'COPY_SRC');
  const imageBytes = product(input.shape.slice(1)) * 4;
  return {
    part: (from, count) => ({
      write({ device, encoder, buffer, byteOffset }) {
        requireDevice(engine, device, 'input');
        encoder.copyBufferToBuffer(input.buffer, input.offset + from * imageBytes, buffer, byteOffset, count * imageBytes);
      },
    }),
  };
}

/**
 * Runs or records a network whose outputs stay on the GPU.
 * @param outputs nodes, in the order of the results: features, then the logits if `withLogits`
 */
export async function runToGpu(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  withLogits: boolean,
  input: InputWriter,
  { encoder, into, signal, background }: Options,
): Promise<GpuRunResult> {
  const limit = session.batchLimit(shape, outputs);
  if (limit < (shape[0] ?? 1)) {
    throw new ResnetError('device-limits', `A batch of ${shape[0]} takes several submits on this device. At most ${limit} go in one.`, {
      layer: 'input',
      hint: 'Run smaller batches, or read the outputs back.',
    });
  }
  const engine = await session.ready();
  const places = into && (await placesOf(engine, session, shape, outputs, withLogits, into));
  const record = encoder ? { background: false } : { background };
  const tensors = await session.withExecutable(
    shape,
    outputs,
    async (executable, current, schedule) => {
      if (places) requireDevice(engine, current.device, 'into');
      const own = executable.outputs;
      const afterNetwork = (on: GPUCommandEncoder) =>
        places?.forEach(({ buffer, offset }, i) => {
          const from = own[i];
          if (from) on.copyBufferToBuffer(from.buffer, from.byteOffset, buffer, offset, from.byteLength);
        });
      if (encoder) {
        while (executable.slicing) await executable.slicing;
        executable.record(encoder, input, { afterNetwork });
      } else {
        await executable.run(input, { afterNetwork }, schedule);
        forgetWhenDone(current);
      }
      return (
        places ?? own.map(({ buffer, byteOffset, shape }): GpuTensor => ({ buffer, offset: byteOffset, shape: [...shape], layout: 'nchw' }))
      );
    },
    { signal, ...record },
  );
  return withLogits ? { logits: tensors.at(-1), features: tensors.slice(0, -1) } : { features: [...tensors] };
}

/** A run that nobody reads counts as running until the queue is empty. */
function forgetWhenDone(engine: Engine): void {
  const { submitted, device } = engine;
  const forget = () => {
    if (engine.submitted === submitted) engine.submitted = undefined;
  };
  device.queue.onSubmittedWorkDone().then(forget, () => undefined);
}

/** The caller's tensors in the order of the outputs, after checks. */
async function placesOf(
  engine: Engine,
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  withLogits: boolean,
  { features = [], logits }: NonNullable<Options['into']>,
): Promise<GpuTensor[]> {
  const nodes = new Map(session.graph(shape).nodes.map((node) => [node.name, node.shape]));
  const places = [...features, ...(logits ? [logits] : [])];
  if (places.length !== outputs.length || (logits !== undefined) !== withLogits) {
    const wanted = `${outputs.length - Number(withLogits)} features and ${withLogits ? '' : 'no '}logits`;
    fail(
      'into',
      `It has places for ${features.length} features and ${logits ? '' : 'no '}logits, but the call gives ${wanted}.`,
      'Pass a tensor for each output.',
    );
  }
  for (const [i, place] of places.entries()) {
    const name = place === logits ? 'into.logits' : `into.features[${i}]`;
    const expected = nodes.get(outputs[i] ?? '') ?? [];
    if (String(place.shape) !== String(expected)) {
      throw new ResnetError('shape', `has the shape [${place.shape}], but the output has [${expected}].`, {
        layer: name,
        hint: 'Pass a tensor of that shape.',
      });
    }
    await validate(engine, place, name, 'COPY_DST');
  }
  return places;
}

async function validate({ device, memory }: Engine, tensor: GpuTensor, layer: string, usage: 'COPY_SRC' | 'COPY_DST'): Promise<void> {
  const { buffer, offset, shape, layout } = tensor;
  if (layout !== 'nchw') fail(layer, `layout is ${JSON.stringify(layout)}.`, "Make it dense float32 NCHW, and say layout: 'nchw'.");
  if (typeof buffer?.size !== 'number' || typeof buffer.usage !== 'number')
    fail(layer, 'The buffer is not a GPUBuffer.', 'Pass a GPUBuffer.');
  if (!Number.isInteger(offset) || offset < 0 || offset % 4 !== 0) {
    fail(layer, `offset is ${offset} bytes.`, 'Pass a multiple of 4, from 0.');
  }
  const bytes = product(shape) * 4;
  if (offset + bytes > buffer.size) {
    throw new ResnetError('shape', `[${shape}] takes ${bytes} bytes from byte ${offset} on, but the buffer has ${buffer.size}.`, {
      layer,
      hint: 'Pass a larger buffer.',
    });
  }
  if (!(buffer.usage & USAGE[usage]))
    fail(layer, `The buffer's usage ${buffer.usage} lacks ${usage}.`, `Make it with GPUBufferUsage.${usage}.`);
  if (buffer.mapState !== undefined && buffer.mapState !== 'unmapped') fail(layer, `The buffer is ${buffer.mapState}.`, 'Unmap it first.');
  if (validated.get(buffer) === device) return;
  await tryCopy(device, memory, buffer, layer, usage);
  validated.set(buffer, device);
}

/** Buffers that were tested, and the device that accepted them. */
const validated = new WeakMap<GPUBuffer, GPUDevice>();

/** A buffer does not tell its device. So each buffer is tested once, by a copy that is never submitted. */
async function tryCopy(
  device: GPUDevice,
  memory: GpuMemory,
  buffer: GPUBuffer,
  layer: string,
  usage: 'COPY_SRC' | 'COPY_DST',
): Promise<void> {
  const own = await memory.guard(() => memory.create('staging', 'probe', 4, USAGE.COPY_SRC | USAGE.COPY_DST));
  device.pushErrorScope('validation');
  let refused: unknown;
  try {
    const encoder = device.createCommandEncoder({ label: 'probe' });
    const [from, to] = usage === 'COPY_SRC' ? [buffer, own] : [own, buffer];
    encoder.copyBufferToBuffer(from, 0, to, 0, 4);
    encoder.finish();
  } catch (error) {
    refused = error;
  }
  const scoped = await device.popErrorScope().catch(() => null);
  memory.destroy(own);
  refused ??= scoped;
  if (refused) {
    throw new ResnetError('usage', `The buffer cannot be used on the model's device: ${(refused as Error).message}`, {
      layer,
      hint: 'Make it on model.device, or load the model with your device: loadModel(source, { device }).',
      cause: refused,
    });
  }
}

/** What the caller had on a lost device is gone. */
function requireDevice(validated: Engine, current: GPUDevice, layer: string): void {
  if (validated.device === current) return;
  throw new ResnetError('device-lost', 'The GPU device was lost, and the buffer with it.', {
    layer,
    hint: 'Make the tensor again on model.device.',
  });
}
