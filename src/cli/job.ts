/** A classification job and its result, the same for Node and the browser. Plain data, because it is sent to the browser. */
import type { ModelInfo, Prediction } from '../api/types.ts';

/** Files by path, because there may be thousands. Standard input as bytes. */
export type ImageFile = { name: string; file: string } | { name: string; bytes: Uint8Array };

/** Where the weights are: a file on this machine (for a converted model, its manifest), or an address that the library fetches itself. */
export type WeightsPlace = { file: string } | { address: string };

export interface Job {
  images: ImageFile[];
  weights: WeightsPlace;
  arch?: string;
  labels?: string[];
  topK: number;
  precision: 'f32' | 'f16';
}

export interface Failure {
  message: string;
  code?: string;
}

export type ImageOutcome = { image: string; predictions: Prediction[] } | { image: string; error: Failure };

export interface Outcome {
  info: Pick<ModelInfo, 'arch' | 'parameters' | 'precision' | 'adapter'>;
  /** Where it ran, such as 'Node over Dawn'. */
  through: string;
}

/** Called with the result of each image as it comes, in the order of the job. */
export type OnResult = (result: ImageOutcome) => void;

/** Writes what is being waited for to standard error. '' clears it. */
export type Report = (text: string) => void;

export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { message: error instanceof Error ? error.message : String(error), ...(code ? { code } : {}) };
}
