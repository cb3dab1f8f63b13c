/** One device in the place of many: each pose is a device to the library, with what it was told of its adapter, and shares pipelines with the others. */

/** What adapters say of themselves, by the class of GPU that the library takes them for (gpu/device-profile.ts). */
export const POSES = {
  software: undefined,
  amd: { vendor: 'amd', architecture: 'rdna-2' },
  nvidia: { vendor: 'nvidia', architecture: 'ampere' },
  intel: { vendor: 'intel', architecture: 'gen-12lp' },
  apple: { vendor: 'apple', architecture: 'metal-3' },
  mobile: { vendor: 'arm', architecture: 'valhall' },
  hidden: { vendor: '', architecture: '' },
} as const;

export type Pose = keyof typeof POSES;

/** @param features in place of the device's own, whether it has them or not */
export function posing(device: GPUDevice, pose: Pose, features?: readonly string[]): GPUDevice {
  const info = POSES[pose];
  const own: Record<PropertyKey, unknown> = {
    ...(info && {
      adapterInfo: { ...info, description: '', device: '', subgroupMinSize: 32, subgroupMaxSize: 32, isFallbackAdapter: false },
    }),
    ...(features && { features: new Set(features) }),
  };
  return new Proxy(device, {
    get: (target, name) => {
      if (name in own) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (_, name, value) => {
      own[name] = value;
      return true;
    },
  });
}
