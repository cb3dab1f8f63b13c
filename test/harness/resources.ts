/** Counts the buffers and textures of a device that are made and not destroyed. */

interface Live {
  kind: string;
  label: string;
  bytes: number;
}

/** How long work in the background may take to notice that its model was disposed, on a busy machine. */
const PATIENCE_MS = 10_000;

export function trackResources(device: GPUDevice): { begin(): void; leaks(): Promise<string[]> } {
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
    leaks: async () => {
      const end = performance.now() + PATIENCE_MS;
      while (live.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
      return [...live.values()].map(({ kind, label, bytes }) => `${kind} "${label}" of ${bytes} bytes was not destroyed`);
    },
  };
}
