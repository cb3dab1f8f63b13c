/** The page's only access to the library. Loaded on demand, so that the page can explain itself even if the library cannot run. */
import type { LoadOptions, Model, ModelSource } from '../src/api/types.ts';

export type { ImageInfo, ImageRow } from '../src/api/many-types.ts';
export type {
  Assumption,
  Explanation,
  LoadOptions,
  Model,
  ModelInfo,
  ModelSource,
  Prediction,
  Progress,
  Tensor,
} from '../src/api/types.ts';

export async function load(source: ModelSource, options: LoadOptions): Promise<Model> {
  const { loadModel } = await import('../src/index.ts');
  return loadModel(source, options);
}

/** The names of all architectures. */
export async function archNames(): Promise<string[]> {
  return (await import('../src/index.ts')).archNames();
}
