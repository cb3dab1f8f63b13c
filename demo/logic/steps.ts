/**
 * What to compute next, told from what is known already: the photo in view first, then the contact sheet, then
 * measuring. Each step is one short call of the network, so that a newly chosen photo never waits for more than one.
 */
import type { Explanation, Prediction, Tensor } from '../library.ts';
import { isEnough } from './timing.ts';

/** All that a network has said about a photo. */
export interface Reading {
  predictions?: Prediction[];
  /** The network's input. */
  seen?: Tensor;
  /** The class activation map, null where the network has none. */
  heat?: Explanation | null;
  /** Maps of other classes, by rank, once they were asked for. */
  heats?: Record<number, Explanation>;
  /** Warm runs in ms. */
  runs: number[];
  failure?: unknown;
}

/** What stands where an answer would: the photo's own fault or not. */
export function withoutAnswer(failure: unknown): string {
  return failure instanceof Error && 'code' in failure && failure.code === 'image' ? 'not readable' : 'no answer';
}

export type StepKind = 'classify' | 'see' | 'explain' | 'time';

export interface Step<P> {
  kind: StepKind;
  photo: P;
}

export function nextStep<P>(photos: readonly P[], selected: P, readingOf: (photo: P) => Reading | undefined): Step<P> | undefined {
  const current = readingOf(selected);
  if (!current?.predictions && !current?.failure) return { kind: 'classify', photo: selected };
  if (!current.failure) {
    if (!current.seen) return { kind: 'see', photo: selected };
    if (current.heat === undefined) return { kind: 'explain', photo: selected };
  }
  for (const photo of photos) {
    const reading = readingOf(photo);
    if (!reading?.predictions && !reading?.failure) return { kind: 'classify', photo };
  }
  if (!current.failure && !isEnough(current.runs)) return { kind: 'time', photo: selected };
  return undefined;
}
