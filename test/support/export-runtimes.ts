/**
 * Runs exported models on their runtimes: onnxruntime-web on wasm with one thread, TF.js on its CPU backend, LiteRT.js on wasm in a
 * separate process that lives as long as a file's tests. Takes tensors by input name and returns tensors by output name, NCHW on both
 * sides.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { dispose, type io, setBackend, type Tensor as TfTensor, tensor, env as tfjs } from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor as OrtTensor, env as ort } from 'onnxruntime-web';
import type { Tensor } from '../../src/api/types.ts';
import type { TfjsGraphArtifacts } from '../../src/export/index.ts';
import { permute } from '../../src/export/target.ts';

ort.wasm.numThreads = 1;
// Without its advice to install another backend.
tfjs().set('IS_TEST', true);

export async function runOnnx(model: Uint8Array, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  try {
    const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [name, new OrtTensor('float32', data, shape)] as const);
    const results = await session.run(Object.fromEntries(feeds));
    const outputs: Record<string, Tensor> = {};
    for (const [name, { data, dims }] of Object.entries(results)) outputs[name] = { data: data as Float32Array, shape: [...dims] };
    return outputs;
  } finally {
    await session.release();
  }
}

export async function runTfjs(artifacts: TfjsGraphArtifacts, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  await setBackend('cpu');
  // The same as io.fromMemory, but with checked types.
  const model = await loadGraphModel({ load: async (): Promise<io.ModelArtifacts> => artifacts });
  const fed: Record<string, TfTensor> = {};
  for (const [name, { data, shape }] of Object.entries(inputs)) fed[name] = tensor(...toNhwc(data, shape));
  const results = model.execute(fed, Object.keys(artifacts.signature.outputs)) as TfTensor | TfTensor[];
  const outputs: Record<string, Tensor> = {};
  Object.keys(artifacts.signature.outputs).forEach((name, i) => {
    const result = [results].flat()[i];
    if (result) outputs[name] = toNchw(result.dataSync() as Float32Array, result.shape);
  });
  dispose([...Object.values(fed), ...[results].flat()]);
  model.dispose();
  return outputs;
}

function toNhwc(data: Float32Array, shape: number[]): [Float32Array, number[]] {
  if (shape.length !== 4) return [data, shape];
  const [n = 1, c = 1, h = 1, w = 1] = shape;
  return [permute(data, shape, [0, 2, 3, 1]), [n, h, w, c]];
}

function toNchw(data: Float32Array, shape: number[]): Tensor {
  if (shape.length !== 4) return { data, shape };
  const [n = 1, h = 1, w = 1, c = 1] = shape;
  return { data: permute(data, shape, [0, 3, 1, 2]), shape: [n, c, h, w] };
}

let litert: Promise<ChildProcess> | undefined;

async function openLitert(): Promise<ChildProcess> {
  const child = fork('test/support/litert-process.mjs', { serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  await once(child, 'message');
  // The tests may end while it waits for more.
  child.unref();
  child.channel?.unref();
  return child;
}

export async function runTflite(model: Uint8Array, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  litert ??= openLitert();
  const child = await litert;
  const fed = Object.entries(inputs).map(([name, { data, shape }]) => {
    const [lies, sizes] = toNhwc(data, shape);
    return [name, { data: lies, shape: sizes }] as const;
  });
  child.channel?.ref();
  child.send({ model, inputs: Object.fromEntries(fed) });
  const [answer] = (await once(child, 'message')) as [{ outputs: Record<string, Tensor>; error?: string }];
  child.channel?.unref();
  if (answer.error !== undefined) throw new Error(answer.error);
  return Object.fromEntries(Object.entries(answer.outputs).map(([name, { data, shape }]) => [name, toNchw(data, shape)]));
}
