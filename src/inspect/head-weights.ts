/** Reads the weights of a linear layer back from the GPU. The network runs with these, whatever happened to their file. */
import { USAGE } from '../gpu/constants.ts';
import type { Engine } from '../gpu/device.ts';
import { mapForReading } from '../gpu/readback.ts';
import { halfValue } from '../kernels/lib/half.ts';
import { channelMap, groupsOf } from '../kernels/lib/kernel.ts';
import type { ConvPack } from '../kernels/lib/pack.ts';
import type { Session } from '../model/session.ts';

/** The row of one output, as float32 or from the model's f16 values. Undefined if the layer is packed differently. */
export async function linearRow(
  session: Session,
  shape: readonly number[],
  outputs: readonly string[],
  key: string,
  index: number,
): Promise<Float32Array | undefined> {
  const { weights } = session.plan(session.graph(shape), outputs);
  const found = weights.find(({ recipe }) => recipe.kind === 'conv' && recipe.weight === key);
  const recipe = found?.recipe;
  if (recipe?.kind !== 'conv' || recipe.groups !== 1 || recipe.kernel[0] * recipe.kernel[1] !== 1) return undefined;
  return session.withExecutable(shape, outputs, (_, engine) =>
    readRow(engine, session.weights.get(found?.key ?? ''), recipe, session.precision, index),
  );
}

/** Blocks of 4 inputs by 4 outputs. All inputs of 4 outputs are together, and the biases come first (kernels/lib/pack.ts). */
async function readRow(
  { device, memory }: Engine,
  binding: GPUBufferBinding,
  { inSlices, outSlices }: ConvPack,
  precision: Session['precision'],
  index: number,
): Promise<Float32Array> {
  const item = precision === 'f16' ? 2 : 4;
  const inputs = groupsOf(inSlices) * 4;
  const output = channelMap(outSlices)[index] ?? 0;
  const size = inputs * 4 * item;
  const offset = (binding.offset ?? 0) + groupsOf(outSlices) * 16 + (output >> 2) * size;
  let copy: GPUBuffer | undefined;
  try {
    copy = await memory.guard(() => {
      const buffer = memory.create('staging', 'weights of a class', size, USAGE.MAP_READ | USAGE.COPY_DST);
      const encoder = device.createCommandEncoder({ label: 'read weights' });
      encoder.copyBufferToBuffer(binding.buffer, offset, buffer, 0, size);
      device.queue.submit([encoder.finish()]);
      return buffer;
    });
    await mapForReading(device, copy);
    const bytes = copy.getMappedRange().slice(0);
    const values = item === 2 ? Float32Array.from(new Uint16Array(bytes), halfValue) : new Float32Array(bytes);
    return Float32Array.from(channelMap(inSlices), (at) => values[at * 4 + (output & 3)] ?? 0);
  } finally {
    if (copy) memory.destroy(copy);
  }
}
