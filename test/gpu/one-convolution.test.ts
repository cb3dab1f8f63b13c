/** docs/one-convolution.md on a device: one dispatch of a ResNet-50, without the library between it and WebGPU. */
import { afterAll, expect, test } from 'vitest';
import { shaderText } from '../../src/kernels/lib/shaders.ts';
import { difference } from '../support/compare.ts';
import { openNodeDevice, readFloats, validated } from '../support/node-gpu.ts';
import { oneConvolution, PIXEL } from '../support/one-convolution.ts';

const device = await openNodeDevice();
afterAll(() => device.destroy());

const CHANNELS = 64;
const PIXELS = 56 * 56;

function upload(data: ArrayBuffer, usage: number): GPUBuffer {
  const buffer = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

/** Printed in docs/one-convolution.md. */
async function runDispatch(
  device: GPUDevice,
  dispatch: { uniforms: Record<string, number>; workgroups: readonly [number, number, number] },
  code: string, // shaderText(dispatch)
  { input, weights, output }: Record<'input' | 'weights' | 'output', GPUBuffer>,
): Promise<void> {
  const uniforms = new Uint32Array([0, ...Object.values(dispatch.uniforms)]); // `step`, then the others in the order of Params
  const params = device.createBuffer({ size: uniforms.byteLength, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(params, 0, uniforms);
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [params, input, weights, input, output].map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...dispatch.workgroups); // 49, 1, 4
  pass.end();
  device.queue.submit([encoder.finish()]);
}

test('layer1.0.conv1 by the shader for AMD, number for number', async () => {
  const { step, packed, input, output } = await oneConvolution();
  const { dispatch } = step;
  // NCHW to NHWC: the channels of a pixel side by side, in groups of 4.
  const pixels = Float32Array.from(
    { length: CHANNELS * PIXELS },
    (_, i) => input.data[(i % CHANNELS) * PIXELS + Math.floor(i / CHANNELS)] ?? 0,
  );
  const inputBuffer = upload(pixels.buffer, GPUBufferUsage.STORAGE);
  const weights = upload(packed, GPUBufferUsage.STORAGE);
  const outputBuffer = upload(new ArrayBuffer(pixels.byteLength), GPUBufferUsage.STORAGE);

  await validated(device, async () => {
    const buffers = { input: inputBuffer, weights, output: outputBuffer };
    await runDispatch(device, dispatch, shaderText(dispatch), buffers);
  });

  const found = await readFloats(device, outputBuffer);
  const data = Float32Array.from(found, (_, i) => found[(i % PIXELS) * CHANNELS + Math.floor(i / PIXELS)] ?? Number.NaN);
  expect(difference({ data, shape: output.shape }, output).relative).toBeLessThan(1e-6);
  // The number that the page follows.
  const { y, x, channel } = PIXEL;
  expect(found[(y * 56 + x) * CHANNELS + channel]).toBeCloseTo(0.514094, 5);
});
