/** The small networks of the reference cases: configuration, checkpoint, input and PyTorch's results. */
import { readdirSync, readFileSync } from 'node:fs';
import type { Tensor } from '../../src/api/types.ts';
import type { Arch } from '../../src/arch/index.ts';
import { readNpyTensor } from './npy.ts';

const root = new URL('../goldens/', import.meta.url);

export interface GoldenNetwork {
  path: string;
  arch: Arch;
  config: Record<string, unknown>;
  /** Bytes of weights.safetensors. */
  weights: Uint8Array<ArrayBuffer>;
  input: Tensor;
  logits?: Tensor;
  features: { stage: number; value: Tensor }[];
}

/** Paths such as `timm/regnety`. */
export function goldenPaths(...groups: string[]): string[] {
  return groups.flatMap((group) => readdirSync(new URL(group, root)).map((name) => `${group}/${name}`));
}

export function goldenNetwork(path: string): GoldenNetwork {
  const bytes = (file: string) => readFileSync(new URL(`${path}/${file}`, root));
  const { framework, config, input, logits, outputs } = JSON.parse(bytes('case.json').toString());
  return {
    path,
    arch: (framework === 'mm' ? config : { library: framework, ...config }) as Arch,
    config,
    weights: Uint8Array.from(bytes('weights.safetensors')),
    input: readNpyTensor(bytes(input.file)),
    logits: logits && readNpyTensor(bytes(logits.file)),
    features: outputs.map(({ out_index, file }: { out_index: number; file: string }) => ({
      stage: out_index,
      value: readNpyTensor(bytes(file)),
    })),
  };
}
