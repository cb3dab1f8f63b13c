/** What a model leaves behind on a device that stays. */
import { loadModel } from '../../src/index.ts';
import type { List } from '../harness/case.ts';

/** Chromium runs with --js-flags=--expose-gc. Firefox has nothing like it. */
const collect = (globalThis as { gc?: () => void }).gc;

export const list: List = async ({ device, browser }) => {
  if (browser === 'firefox') return [];
  return [
    {
      name: 'lifetime/a disposed model can be collected, with the weights it was made from',
      run: async () => {
        if (!collect) throw new Error('gc() is missing: launch with --js-flags=--expose-gc');
        const remains = await useModel(device);
        for (let i = 0; i < 10 && remains.some((ref) => ref.deref()); i++) {
          // A WeakRef keeps its target alive until the end of the task that read it.
          await new Promise((resolve) => setTimeout(resolve, 50));
          collect();
        }
        const kept = remains.map((ref, i) => (ref.deref() ? ['the model', 'its weights'][i] : undefined)).filter(Boolean);
        if (kept.length > 0) throw new Error(`still in memory: ${kept.join(', ')}`);
        return undefined;
      },
    },
  ];
};

/** A separate function, so that nothing of it stays on the stack. */
async function useModel(device: GPUDevice): Promise<WeakRef<object>[]> {
  const { graph, weights } = tiny();
  const model = await loadModel({ arch: graph, weights }, { device, verify: false });
  await model.run({ data: new Float32Array(3 * 32 * 32), shape: [1, 3, 32, 32] });
  model.dispose();
  return [new WeakRef(model), new WeakRef(weights)];
}

function tiny() {
  const graph = { type: 'CifarResNet', depth: 8, shortcut: 'A', num_classes: 10 };
  const weights: Record<string, { data: Float32Array; shape: number[] }> = {};
  const add = (name: string, ...shape: number[]) => {
    weights[name] = { data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.01), shape };
  };
  const conv = (name: string, norm: string, from: number, to: number) => {
    add(`${name}.weight`, to, from, 3, 3);
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) add(`${norm}.${part}`, to);
  };
  conv('conv1', 'bn1', 3, 16);
  for (const [i, width] of [16, 32, 64].entries()) {
    conv(`layer${i + 1}.0.conv1`, `layer${i + 1}.0.bn1`, i === 0 ? 16 : width / 2, width);
    conv(`layer${i + 1}.0.conv2`, `layer${i + 1}.0.bn2`, width, width);
  }
  add('linear.weight', 10, 64);
  add('linear.bias', 10);
  return { graph, weights };
}
