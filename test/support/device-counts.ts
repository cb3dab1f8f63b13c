/** Counts what is created and destroyed on a device. */
export function count(device: GPUDevice) {
  const alive = new Map<GPUBuffer, number>();
  const made = { buffers: 0, bindGroups: 0, pipelines: 0 };
  const createBuffer = device.createBuffer.bind(device);
  const createBindGroup = device.createBindGroup.bind(device);
  const createPipeline = device.createComputePipelineAsync.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer(descriptor);
    alive.set(buffer, descriptor.size);
    made.buffers++;
    const destroy = buffer.destroy.bind(buffer);
    buffer.destroy = () => {
      alive.delete(buffer);
      destroy();
    };
    return buffer;
  };
  device.createBindGroup = (descriptor) => {
    made.bindGroups++;
    return createBindGroup(descriptor);
  };
  device.createComputePipelineAsync = (descriptor) => {
    made.pipelines++;
    return createPipeline(descriptor);
  };
  return { made, bytes: () => [...alive.values()].reduce((a, b) => a + b, 0) };
}
