import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { type io, ready, setBackend, type Tensor, tensor, version_core } from '@tensorflow/tfjs-core';
import { permute } from '../../../src/export/target.ts';
import type { Runner } from './runner.ts';

/** @param backend registers itself when it is imported */
export async function makeRunner(backend: 'webgpu' | 'wasm', threads?: () => number): Promise<Runner> {
  if (!(await setBackend(backend))) throw new Error(`TF.js cannot use its backend "${backend}" here.`);
  await ready();
  let model: Awaited<ReturnType<typeof loadGraphModel>> | undefined;
  let data = new Float32Array();
  let shape: number[] = [];
  return {
    version: version_core,
    threads: threads?.(),
    maxInFlight: 2,
    async load(file, input) {
      if (file.format !== 'tfjs') throw new Error('TF.js wants a graph model.');
      const artifacts = file.artifacts as io.ModelArtifacts;
      const [n = 1, c = 1, h = 1, w = 1] = input.shape;
      // Uses its own layout, so that the transposition is not part of its time.
      data = permute(input.data, input.shape, [0, 2, 3, 1]) as Float32Array<ArrayBuffer>;
      shape = [n, h, w, c];
      model = await loadGraphModel({ load: async () => artifacts });
    },
    async infer() {
      if (!model) throw new Error('The model is not loaded.');
      const input = tensor(data, shape);
      const logits = model.predict(input) as Tensor;
      const result = await logits.data<'float32'>();
      input.dispose();
      logits.dispose();
      return result;
    },
  };
}
