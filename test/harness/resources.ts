/** Counts the buffers and textures of a device that are made and not destroyed. */

interface Live {
  kind: string;
  label: string;
  bytes: number;
}

export function trackResources(device: GPUDevice): { begin(): void; leaks(): string[] } {
  const live = new Map<object, Live>();
  const { createBuffer, createTexture } = device;
  const watch = <T extends GPUBuffer | GPUTexture>(resource: T, entry: Live): T => {
    live.set(resource, entry);
    const { destroy } = resource;
    resource.destroy = () => {
      live.delete(resource);
      return destroy.call(resource);
    };
    return resource;
  };
  device.createBuffer = (descriptor) =>
    watch(createBuffer.call(device, descriptor), { kind: 'buffer', label: descriptor.label ?? '', bytes: descriptor.size });
  device.createTexture = (descriptor) =>
    watch(createTexture.call(device, descriptor), { kind: 'texture', label: descriptor.label ?? '', bytes: 0 });
  return {
    begin: () => live.clear(),
    leaks: () => [...live.values()].map(({ kind, label, bytes }) => `${kind} "${label}" of ${bytes} bytes was not destroyed`),
  };
}
