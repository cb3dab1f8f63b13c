/** The runtimes to compare. */

export const RUNTIME_IDS = [
  'ours',
  'ours-f16',
  'litert-webgpu',
  'litert-webgpu-f16',
  'ort-webgpu',
  'ort-webgpu-graph',
  'tfjs-webgpu',
  'ort-wasm',
  'tfjs-wasm',
] as const;
export type RuntimeId = (typeof RUNTIME_IDS)[number];

/** The format in which a runtime needs the network. */
export type ModelFormat = 'safetensors' | 'onnx' | 'tfjs' | 'tflite';

export interface Runtime {
  id: RuntimeId;
  name: string;
  /** For charts. */
  short: string;
  family: 'ours' | 'litert' | 'ort' | 'tfjs';
  runsOn: 'webgpu' | 'wasm';
  precision: 'f32' | 'f16';
  format: ModelFormat;
}

export const RUNTIMES: Record<RuntimeId, Runtime> = {
  ours: { id: 'ours', name: 'resnet-webgpu', short: 'ours', family: 'ours', runsOn: 'webgpu', precision: 'f32', format: 'safetensors' },
  'ours-f16': {
    id: 'ours-f16',
    name: 'resnet-webgpu f16',
    short: 'ours f16',
    family: 'ours',
    runsOn: 'webgpu',
    precision: 'f16',
    format: 'safetensors',
  },
  'litert-webgpu': {
    id: 'litert-webgpu',
    name: 'LiteRT.js WebGPU',
    short: 'LiteRT.js',
    family: 'litert',
    runsOn: 'webgpu',
    precision: 'f32',
    format: 'tflite',
  },
  'litert-webgpu-f16': {
    id: 'litert-webgpu-f16',
    name: 'LiteRT.js WebGPU f16',
    short: 'LiteRT.js f16',
    family: 'litert',
    runsOn: 'webgpu',
    precision: 'f16',
    format: 'tflite',
  },
  'ort-webgpu': {
    id: 'ort-webgpu',
    name: 'onnxruntime-web WebGPU',
    short: 'ORT WebGPU',
    family: 'ort',
    runsOn: 'webgpu',
    precision: 'f32',
    format: 'onnx',
  },
  'ort-webgpu-graph': {
    id: 'ort-webgpu-graph',
    name: 'onnxruntime-web WebGPU, captured',
    short: 'ORT captured',
    family: 'ort',
    runsOn: 'webgpu',
    precision: 'f32',
    format: 'onnx',
  },
  'tfjs-webgpu': {
    id: 'tfjs-webgpu',
    name: 'TF.js WebGPU',
    short: 'TF.js WebGPU',
    family: 'tfjs',
    runsOn: 'webgpu',
    precision: 'f32',
    format: 'tfjs',
  },
  'ort-wasm': {
    id: 'ort-wasm',
    name: 'onnxruntime-web wasm',
    short: 'ORT wasm',
    family: 'ort',
    runsOn: 'wasm',
    precision: 'f32',
    format: 'onnx',
  },
  'tfjs-wasm': {
    id: 'tfjs-wasm',
    name: 'TF.js wasm',
    short: 'TF.js wasm',
    family: 'tfjs',
    runsOn: 'wasm',
    precision: 'f32',
    format: 'tfjs',
  },
};

export const isRuntime = (id: string): id is RuntimeId => (RUNTIME_IDS as readonly string[]).includes(id);
