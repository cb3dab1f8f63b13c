/** One device that poses as many. To the library each pose is a different device with its own adapter description. All share pipelines. */

/** Adapter descriptions, by the class of GPU that the library assigns them to (gpu/device-profile.ts). */
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

/** @param features instead of the device's own, whether or not it has them */
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
