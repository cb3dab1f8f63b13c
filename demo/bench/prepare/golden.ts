/** The full-size networks of the tests for which PyTorch computed logits. Weights and inputs are generated, so they need no download. */
import type { Arch } from '../../../src/arch/index.ts';
import { generate, generateTensors, type TensorRecipe } from '../../../test/support/generator.ts';
import { readNpyTensor } from '../../../test/support/npy.ts';

interface Case {
  name: string;
  framework: 'mm' | 'timm' | 'torchvision';
  config: Record<string, unknown>;
  seed: number;
  input: { shape: number[]; name: string; scale: number; offset: number };
  tensors: TensorRecipe[];
}

const CASES = import.meta.glob<Case>('../../../test/goldens/full/*/case.json', { import: 'default' });
const LOGITS = import.meta.glob<string>('../../../test/goldens/full/*/logits.npy', { import: 'default', query: '?url' });

const path = (name: string, file: string) => `../../../test/goldens/full/${name}/${file}`;

export interface Golden {
  arch: Arch;
  /** [n, c, h, w] of PyTorch's input. */
  shape: number[];
  tensors(): Record<string, { data: Float32Array; shape: number[] }>;
  input(): Float32Array;
  logits(): Promise<{ data: Float32Array; shape: number[] }>;
}

export function goldenNames(): string[] {
  return Object.keys(CASES).map((name) => name.split('/').at(-2) ?? '');
}

export async function goldenCase(name: string): Promise<Golden | undefined> {
  const [readCase, readLogits] = [CASES[path(name, 'case.json')], LOGITS[path(name, 'logits.npy')]];
  if (!readCase || !readLogits) return undefined;
  const { framework, config, seed, input, tensors } = await readCase();
  return {
    arch: (framework === 'mm' ? config : { library: framework, ...config }) as Arch,
    shape: input.shape,
    tensors: () => generateTensors(tensors, seed),
    input: () =>
      generate(
        input.name,
        input.shape.reduce((a, b) => a * b, 1),
        seed,
        input.scale,
        input.offset,
      ),
    async logits() {
      const response = await fetch(await readLogits());
      if (!response.ok) throw new Error(`The reference logits of ${name} are missing: ${response.status}.`);
      return readNpyTensor(new Uint8Array(await response.arrayBuffer()));
    },
  };
}
