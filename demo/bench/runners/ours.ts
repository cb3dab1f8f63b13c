import { version } from '../../../package.json';
import type { Model, ModelSource } from '../../../src/api/types.ts';
import { loadModel } from '../../../src/model/load.ts';
import type { Runner } from './runner.ts';

export async function makeRunner(precision: 'f32' | 'f16'): Promise<Runner> {
  let model: Model | undefined;
  let tensor = { data: new Float32Array(), shape: [0] };
  const loaded = () => {
    if (!model) throw new Error('The model is not loaded.');
    return model;
  };
  return {
    version,
    maxInFlight: 2,
    async load(file, input, tuning) {
      if (file.format !== 'safetensors') throw new Error('resnet-webgpu wants safetensors here.');
      tensor = input;
      const [batch = 1, , height = 1, width = 1] = input.shape;
      const arch = file.arch as Exclude<ModelSource, string | URL>['arch'];
      model = await loadModel({ arch, weights: file.bytes }, { precision, batch, inputSize: [height, width], tuning, verify: false });
    },
    async infer() {
      const { logits } = await loaded().run(tensor, { logits: true, features: false });
      if (!logits) throw new Error('The model gave no logits.');
      return logits.data;
    },
    async selfTest() {
      const { pass, layers, firstBad } = await loaded().selfTest();
      return { pass, layers: layers.length, worst: Math.max(...layers.map(({ rel }) => rel)), ...(firstBad !== undefined && { firstBad }) };
    },
    async layers() {
      const { layers, estimated } = await loaded().profile(tensor);
      return {
        layers: layers.map(({ name, kernel, variant, macs, us }) => ({ name, kernel, variant, macs, us: Math.round(us * 1000) / 1000 })),
        estimated,
      };
    },
  };
}
