/** The reference cases of test/goldens, as the page sees them. */
import type { Tensor } from '../../src/index.ts';
import { readNpyTensor } from '../support/npy.ts';
import type { Context } from './case.ts';

export interface Output {
  file: string;
  shape: number[];
  f32_error?: number;
}

export interface NetworkCase {
  framework: 'mm' | 'timm' | 'torchvision';
  config: Record<string, unknown> & { type?: string };
  weights: Record<'zip' | 'legacy' | 'safetensors', string>;
  input: Output;
  outputs: (Output & { out_index: number })[];
  logits?: Output;
}

interface Index {
  cases: { path: string; group: string }[];
}

/** Paths of a group's cases, in the order of the index. */
export async function paths({ json }: Context, ...groups: string[]): Promise<string[]> {
  const { cases } = await json<Index>('test/goldens/index.json');
  return cases.filter(({ group }) => groups.includes(group)).map(({ path }) => path);
}

export async function readCase<T>({ json }: Context, path: string): Promise<T> {
  return json<T>(`test/goldens/${path}/case.json`);
}

export async function readTensor({ bytes }: Context, path: string, { file }: { file: string }): Promise<Tensor> {
  return readNpyTensor(await bytes(`test/goldens/${path}/${file}`));
}
