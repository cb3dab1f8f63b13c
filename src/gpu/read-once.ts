/** Reads back something that no run reads. */
import { USAGE } from './constants.ts';
import type { Engine } from './device.ts';
import { mapForReading } from './readback.ts';

/** The bytes that the recorded commands copy into a temporary buffer of that size. */
export async function readOnce(
  { device, memory }: Pick<Engine, 'device' | 'memory'>,
  byteLength: number,
  record: (encoder: GPUCommandEncoder, staging: GPUBuffer) => void,
): Promise<ArrayBuffer> {
  const { staging, mapped } = await memory.guard(() => {
    const staging = memory.create('staging', 'read', byteLength, USAGE.MAP_READ | USAGE.COPY_DST);
    const encoder = device.createCommandEncoder({ label: 'read' });
    record(encoder, staging);
    device.queue.submit([encoder.finish()]);
    const mapped = mapForReading(device, staging);
    mapped.catch(() => undefined);
    return { staging, mapped };
  });
  try {
    await mapped;
    return staging.getMappedRange().slice(0);
  } finally {
    memory.destroy(staging);
  }
}
