import type * as Ort from 'onnxruntime-web';
import wasmBundle from '../../../node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs?url';
import webgpuBundle from '../../../node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs?url';
import webgpuBinary from '../../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmBinary from '../../../node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm?url';
import type { Runner } from './runner.ts';

/** The published files behind its entry points `onnxruntime-web/webgpu` and `/wasm`, without a bundler in between. */
const FILES = { webgpu: [webgpuBundle, webgpuBinary], wasm: [wasmBundle, wasmBinary] } as const;

export async function openOrt(provider: 'webgpu' | 'wasm'): Promise<typeof Ort> {
  const [bundle, binary] = FILES[provider].map((file) => new URL(file, location.href).href);
  const ort: typeof Ort = await import(/* @vite-ignore */ bundle ?? '');
  ort.env.wasm.wasmPaths = { wasm: binary };
  ort.env.logLevel = 'error';
  return ort;
}

export async function makeRunner(provider: 'webgpu' | 'wasm'): Promise<Runner> {
  const ort = await openOrt(provider);
  let session: Ort.InferenceSession | undefined;
  let data = new Float32Array();
  let shape: number[] = [];
  return {
    version: ort.env.versions.web ?? '',
    get threads() {
      return ort.env.wasm.numThreads;
    },
    // Two simultaneous runs of a session crash the tab (1.30 on WebGPU, Chromium 156).
    maxInFlight: 1,
    async load(file, input) {
      if (file.format !== 'onnx') throw new Error('onnxruntime-web wants ONNX.');
      ({ data, shape } = input);
      session = await ort.InferenceSession.create(file.bytes, {
        executionProviders: [provider],
        freeDimensionOverrides: { batch: shape[0] ?? 1 },
      });
    },
    async infer() {
      if (!session) throw new Error('The model is not loaded.');
      const input = new ort.Tensor('float32', data, shape);
      const { logits } = await session.run({ input });
      if (!logits) throw new Error('The model gave no logits.');
      return (await logits.getData(true)) as Float32Array;
    },
  };
}
