import type * as Ort from 'onnxruntime-web';
import { openOrt } from './onnxruntime.ts';
import type { Runner } from './runner.ts';

/**
 * onnxruntime-web's fastest mode on WebGPU: input and output are buffers of its device, and its commands are captured once and replayed.
 * https://onnxruntime.ai/docs/tutorials/web/ep-webgpu.html#graph-capture
 */
export async function makeRunner(): Promise<Runner> {
  const ort = await openOrt('webgpu');
  let session: Ort.InferenceSession | undefined;
  let device: GPUDevice | undefined;
  let data = new Float32Array();
  let input: GPUBuffer | undefined;
  let feed: Ort.Tensor | undefined;
  return {
    version: ort.env.versions.web ?? '',
    maxInFlight: 1,
    async load(file, { data: values, shape }) {
      if (file.format !== 'onnx') throw new Error('onnxruntime-web wants ONNX.');
      data = values;
      session = await ort.InferenceSession.create(file.bytes, {
        executionProviders: ['webgpu'],
        freeDimensionOverrides: { batch: shape[0] ?? 1 },
        enableGraphCapture: true,
        preferredOutputLocation: 'gpu-buffer',
      });
      device = (await ort.env.webgpu.device) as GPUDevice;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
      // Its sizes are multiples of 16 bytes.
      input = device.createBuffer({ size: Math.ceil(data.byteLength / 16) * 16, usage });
      feed = ort.Tensor.fromGpuBuffer(input, { dataType: 'float32', dims: shape });
    },
    async infer() {
      if (!session || !device || !input || !feed) throw new Error('The model is not loaded.');
      device.queue.writeBuffer(input, 0, data);
      const { logits } = await session.run({ input: feed });
      if (!logits) throw new Error('The model gave no logits.');
      return (await logits.getData()) as Float32Array;
    },
  };
}
