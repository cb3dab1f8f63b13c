/** Which table of tiles a GPU gets, and what to call it. */
import type { DeviceProfile } from '../kernels/kernel.ts';

export interface AdapterDescription {
  vendor: string;
  architecture: string;
  description: string;
  /** A processor that plays GPU: correct, slow. */
  software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|softpipe|warp/i;

export function describeAdapter(info: Partial<GPUAdapterInfo> | undefined): AdapterDescription {
  const { vendor = '', architecture = '', description = '', device = '' } = info ?? {};
  const all = `${vendor} ${architecture} ${description} ${device}`;
  // Safari leaves all fields empty, and that means a real GPU.
  return { vendor, architecture, description: description || device, software: SOFTWARE.test(all) || info?.isFallbackAdapter === true };
}

/** Compute units are those of a middling member of the class: WebGPU does not tell. */
const CLASSES: readonly [RegExp, DeviceProfile][] = [
  [/amd|radeon/i, { name: 'amd', computeUnits: 32 }],
  [/nvidia|geforce/i, { name: 'nvidia', computeUnits: 32 }],
  [/intel/i, { name: 'intel', computeUnits: 12 }],
  [/apple/i, { name: 'apple', computeUnits: 10 }],
  [/qualcomm|adreno|arm|mali|immortalis|img|powervr|samsung/i, { name: 'mobile', computeUnits: 6 }],
];

export function deviceProfile(adapter: AdapterDescription): DeviceProfile {
  if (adapter.software) return { name: 'software', computeUnits: 2 };
  const text = `${adapter.vendor} ${adapter.architecture} ${adapter.description}`;
  return CLASSES.find(([pattern]) => pattern.test(text))?.[1] ?? { name: 'unknown', computeUnits: 16 };
}
