/** What is fetched for a GPU of its kind. Apart from the tables, which programs without a model use, too. */
import type { DeviceProfile, Precision } from '../kernels/lib/kernel.ts';
import * as lazy from '../lazy.ts';
import { type AdapterDescription, deviceProfile } from './device-profile.ts';

/**
 * The profile with the kernels that few devices want.
 * @param features whether the device has `shader-f16`, and subgroups of 4 as `hasQuads` (device.ts) says
 */
export async function completeProfile(
  adapter: AdapterDescription,
  precision: Precision | undefined,
  { f16, quads }: { f16: boolean; quads: boolean },
): Promise<DeviceProfile> {
  const profile = deviceProfile(adapter);
  // By the model (docs/performance.md) f16 arithmetic pays only on AMD: Mesa's compiler for Intel spends more on unpacking them than they
  // save, and NVIDIA's GPUs for consumers multiply them no faster than floats. Of AMD's, GCN multiplies one at a time.
  const isGcn = /gcn/i.test(adapter.architecture);
  if (precision === 'f16' && profile.name === 'amd' && !isGcn && f16) {
    return { ...profile, halves: (await lazy.halvesKernels()).inHalves };
  }
  if (!adapter.software) return profile;
  const { processorKernels } = await lazy.processorShaders();
  return { ...profile, processor: processorKernels(quads) };
}
