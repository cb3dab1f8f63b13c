import type { RuntimeId } from '../runtimes.ts';
import type { MakeRunner } from './runner.ts';

/** Each runner is fetched by the worker that runs it, when needed. */
export const RUNNERS: Record<RuntimeId, MakeRunner> = {
  ours: async () => (await import('./ours.ts')).makeRunner('f32'),
  'ours-f16': async () => (await import('./ours.ts')).makeRunner('f16'),
  'ort-webgpu': async () => (await import('./onnxruntime.ts')).makeRunner('webgpu'),
  'ort-wasm': async () => (await import('./onnxruntime.ts')).makeRunner('wasm'),
  'ort-webgpu-graph': async () => (await import('./onnxruntime-graph.ts')).makeRunner(),
  'litert-webgpu': async () => (await import('./litert.ts')).makeRunner('fp32'),
  'litert-webgpu-f16': async () => (await import('./litert.ts')).makeRunner('fp16'),
  'tfjs-webgpu': async () => (await import('./tfjs-webgpu.ts')).makeRunner(),
  'tfjs-wasm': async () => (await import('./tfjs-wasm.ts')).makeRunner(),
};
