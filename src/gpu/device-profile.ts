/** Finds the table of tiles for a GPU, and a name for the GPU. */

import type { DeviceProfile } from '../kernels/lib/kernel.ts';

export interface AdapterDescription {
  vendor: string;
  architecture: string;
  description: string;
  /** A CPU that emulates a GPU: correct, but slow. */
  software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|softpipe|warp/i;

export function describeAdapter(info: Partial<GPUAdapterInfo> | undefined): AdapterDescription {
  const { vendor = '', architecture = '', description = '', device = '' } = info ?? {};
  const all = `${vendor} ${architecture} ${description} ${device}`;
  // Safari leaves all fields empty. That means a real GPU.
  return {
    vendor,
    architecture,
    description: [description, device].filter(Boolean).join(', '),
    software: SOFTWARE.test(all) || info?.isFallbackAdapter === true,
  };
}

/**
 * Class and compute units (AMD's, Intel's Xe cores, NVIDIA's SMs, Apple's cores). The first matching pattern counts. Browsers
 * tell at most vendor and architecture, so a vendor's last line is an average GPU. Native WebGPU also tells names.
 */
const CLASSES: readonly [RegExp, DeviceProfile['name'], number][] = [
  [/navi ?[23]1|rx (6[89]|79)\d\d/i, 'amd', 64],
  [/navi ?[23][234]|rx (6|7)\d\d\d/i, 'amd', 32],
  [/van ?gogh|custom gpu 0405|steam ?deck/i, 'amd', 8],
  [/rembrandt|phoenix|radeon.*[67]80m|gfx1103/i, 'amd', 12],
  [/amd|radeon/i, 'amd', 32],
  [/rtx [2345]0[89]0|rtx a6000/i, 'nvidia', 76],
  [/nvidia|geforce|rtx/i, 'nvidia', 28],
  [/gen-12hp|dg2|arc\W.*[ab][57]\d\d/i, 'intel', 30],
  [/xe-2hpg|battlemage/i, 'intel', 20],
  [/intel.*gen-([789]|11)/i, 'intel', 3],
  [/intel|iris/i, 'intel', 6],
  [/apple/i, 'apple', 10],
  [/qualcomm|adreno|arm|mali|immortalis|img|powervr|samsung/i, 'mobile', 6],
];

export function deviceProfile(adapter: AdapterDescription): DeviceProfile {
  if (adapter.software) return { name: 'software', computeUnits: 2 };
  const text = `${adapter.vendor} ${adapter.architecture} ${adapter.description}`;
  const [, name, computeUnits] = CLASSES.find(([pattern]) => pattern.test(text)) ?? [undefined, 'unknown' as const, 16];
  return { name, computeUnits };
}
