/** The cases of test/libraries/architectures.json: networks of timm and transformers, and classes of our own, with weights from the generator. */
import { readFileSync } from 'node:fs';
import type { Tensor } from '../../src/api/types.ts';
import type { Arch } from '../../src/arch/index.ts';
import { parametersOf } from '../../src/checkpoint/match.ts';
import { checkpointKeys } from '../../src/checkpoint/naming.ts';
import { product } from '../../src/graph/shape.ts';
import type { Graph } from '../../src/graph/types.ts';
import { expectClose } from './compare.ts';
import { generate, nameHash } from './generator.ts';

export interface Probes {
  shape: number[];
  /** All values. If there are more, the elements (k * 7919 + 13) mod size, k = 0..23. */
  values: number[];
}

interface Stored extends StoredName {
  arch: Arch & object;
  input: number[];
  stages: Probes[];
  logits: Probes;
}

/** A network by name: the number of its tensors, and a digest of names and sizes. */
export interface StoredName {
  name: string;
  tensors: number;
  names: number;
}

const file: { seed: number; names: StoredName[]; cases: Stored[] } = JSON.parse(
  readFileSync(new URL('../libraries/architectures.json', import.meta.url), 'utf8'),
);

export function architectureCases(): string[] {
  return file.cases.map(({ name }) => name);
}

/** Without the classes of our own, which a checkpoint need not show. */
export function libraryCases(): string[] {
  return file.cases.filter(({ arch }) => 'library' in arch).map(({ name }) => name);
}

export interface ArchitectureCase {
  arch: Arch;
  input: Tensor;
  /** The library's state dict for a graph of `arch`. Throws if names or sizes differ from the library's. */
  tensors: (graph: Graph) => Record<string, Tensor>;
  stages: Probes[];
  logits: Probes;
}

export function architectureCase(name: string): ArchitectureCase {
  const found = file.cases.find((one) => one.name === name);
  if (!found) throw new Error(`no case ${name}`);
  const { arch, input, stages, logits } = found;
  return {
    arch,
    input: { shape: input, data: generate('input', product(input), file.seed, 2, 0) },
    tensors: (graph) => stateDict(graph, found),
    stages,
    logits,
  };
}

export function namedArchitectures(): StoredName[] {
  return file.names;
}

/** Shapes by the library's names. Throws if names or sizes differ from the library's. */
export function libraryTensors(
  graph: Graph,
  scheme: 'timm' | 'transformers',
  { tensors, names }: Omit<StoredName, 'name'>,
): Map<string, readonly number[]> {
  const keys = checkpointKeys(graph, scheme);
  const shapes = new Map([...parametersOf(graph)].map(([key, spec]) => [keys.get(key) ?? key, spec.source?.shape ?? spec.shape]));
  const list = [...shapes].map(([key, shape]) => `${key}:${product(shape)}`).sort();
  if (list.length !== tensors || nameHash(list.join(' ')) !== names)
    throw new Error(`not the library's ${tensors} tensors:\n${list.join('\n')}`);
  return shapes;
}

function stateDict(graph: Graph, stored: Stored): Record<string, Tensor> {
  const { arch } = stored;
  const shapes = libraryTensors(graph, 'library' in arch && arch.library === 'transformers' ? 'transformers' : 'timm', stored);
  return Object.fromEntries(
    [...shapes].map(([key, shape]) => {
      const [scale, offset] = scaleOf(key, shape);
      return [key, { shape: [...shape], data: generate(key, product(shape), file.seed, scale, offset) }];
    }),
  );
}

/** The same as in architectures.py. */
function scaleOf(key: string, shape: readonly number[]): [scale: number, offset: number] {
  if (/(running_mean|bias)$/.test(key)) return [Math.fround(0.2), 0];
  if (key.endsWith('running_var') || shape.length === 1) return [0.5, 1];
  return [Math.fround(1.7 / Math.sqrt(product(shape) / (shape[0] ?? 1))), 0];
}

/** Throws if a tensor differs from its stored values by more than this, relative. */
export function expectProbes(what: string, actual: Tensor | undefined, { shape, values }: Probes, relative = 1e-5): void {
  if (actual && actual.shape.join() !== shape.join()) throw new Error(`${what} is [${actual.shape}], expected [${shape}]`);
  const size = product(shape);
  const all = values.length === size && size !== 24;
  const data = values.map((_, k) => actual?.data[all ? k : (k * 7919 + 13) % size] ?? Number.NaN);
  expectClose(what, actual && { data, shape: [values.length] }, { data: values, shape: [values.length] }, { relative });
}
