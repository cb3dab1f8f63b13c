/**
 * What to compute next, depending on what is known: first the current photo, then the contact sheet, then measurements. Each step is one
 * short call of the network, so a newly chosen photo never waits for more than one.
 */
import type { Explanation, Prediction, Tensor } from '../library.ts';
import { isEnough } from './timing.ts';

/** Everything that a network has computed for a photo. */
export interface Reading {
  predictions?: Prediction[];
  /** The network's input. */
  seen?: Tensor;
  /** The class activation map. null if the network has none. */
  heat?: Explanation | null;
  /** Maps of other classes, by rank, if they were requested. */
  heats?: Record<number, Explanation>;
  /** Warm runs in ms. */
  runs: number[];
  failure?: unknown;
}

/** Shown instead of an answer, whether or not the photo is at fault. */
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
