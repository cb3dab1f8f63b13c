/** The options of each call. Any other option is an error (unknown-option.ts), because a misspelt one would silently do nothing. */

import type { ListOptions } from './list-types.ts';
import type { ManyOptions } from './many-types.ts';
import type { TuneOptions } from './tuning-types.ts';
import type { CallOptions, ClassifyOptions, ExplainOptions, GpuRunOptions, LoadOptions, ModelSource, RunOptions } from './types.ts';

interface Calls {
  source: Exclude<ModelSource, string | URL>;
  loadModel: LoadOptions;
  run: RunOptions | GpuRunOptions;
  classify: ManyOptions;
  stream: ClassifyOptions;
  embed: CallOptions;
  explain: ExplainOptions;
  tune: TuneOptions;
  listModels: ListOptions;
}

type Names<T> = T extends unknown ? keyof T : never;

const call = { signal: 1, background: 1 };
/** The types of the options check that no name is missing or left over. */
const NAMES: { [C in Call]: Record<Names<Calls[C]>, number> } = {
  source: { arch: 1, weights: 1, labels: 1, preprocess: 1, numClasses: 1, strict: 1, rename: 1, head: 1, scores: 1 },
  loadModel: {
    ...call,
    device: 1,
    powerPreference: 1,
    precision: 1,
    inputSize: 1,
    batch: 1,
    onProgress: 1,
    cache: 1,
    fetch: 1,
    headers: 1,
    hub: 1,
    tuning: 1,
    memoryBudget: 1,
    verify: 1,
  },
  run: { ...call, features: 1, logits: 1, layers: 1, output: 1, encoder: 1, into: 1 },
  classify: { ...call, topK: 1, onResult: 1, errors: 1 },
  stream: { ...call, topK: 1 },
  embed: call,
  explain: { classIndex: 1 },
  tune: { signal: 1, onProgress: 1 },
  listModels: { pretrained: 1 },
};

export type Call = keyof Calls;

export const CALLS = Object.keys(NAMES) as Call[];

export function hasOption(call: Call, name: string): boolean {
  return name in NAMES[call];
}

export function optionsOf(call: Call): string[] {
  return Object.keys(NAMES[call]);
}
