/** Adds the kernels that are fetched for certain GPUs. Separate from the tables, which are also used without a model. */
import type { DeviceProfile, Precision } from '../kernels/lib/kernel.ts';
import * as lazy from '../lazy.ts';
import { type AdapterDescription, deviceProfile } from './device-profile.ts';

/**
 * The profile, with the kernels that only some devices use.
 * @param features whether the device has `shader-f16`, and subgroups of 4 as `hasQuads` (device.ts) says
 */
export async function completeProfile(
  adapter: AdapterDescription,
  precision: Precision | undefined,
  { f16, quads }: { f16: boolean; quads: boolean },
): Promise<DeviceProfile> {
  const profile = deviceProfile(adapter);
  // According to the model (docs/performance.md), f16 arithmetic pays only on AMD. On Intel, Mesa's compiler spends more on
  // unpacking than the arithmetic saves. NVIDIA's consumer GPUs multiply f16 no faster than f32. AMD's GCN multiplies one at a time.
  const isGcn = /gcn/i.test(adapter.architecture);
  if (precision === 'f16' && profile.name === 'amd' && !isGcn && f16) {
    return { ...profile, f16Arithmetic: (await lazy.f16Kernels()).withF16Arithmetic };
  }
  if (!adapter.software) return profile;
  const { processorKernels } = await lazy.processorShaders();
  return { ...profile, processor: processorKernels(quads) };
}
