/** The doctor's findings, and what they mean in plain words. Pure. */
import type { Compared, Precision } from './check.ts';

export const PRECISIONS: readonly Precision[] = ['f32', 'f16'];

/** A failure in words. */
export interface Failure {
  what: string;
  remedy: string;
}

/** One check in one precision. */
export interface Result {
  check: string;
  precision: Precision;
  state: 'waiting' | 'running' | 'right' | 'wrong' | 'failed' | 'left-out';
  compared: Compared[];
  /** Why it could not be run. */
  failure?: Failure;
}

export interface Titled {
  id: string;
  title: string;
  concerns: string;
}

/** How the run ended. */
export type Ending = { kind: 'complete' } | { kind: 'cancelled' } | { kind: 'lost'; during: string; why: string };

export interface Verdict {
  tone: 'good' | 'doubtful' | 'bad';
  /** "Yes." */
  word: string;
  sentence: string;
}

export function worst({ compared }: Pick<Result, 'compared'>): Compared | undefined {
  return [...compared].sort((a, b) => (b.error > a.error || Number.isNaN(b.error) ? 1 : -1))[0];
}

/**
 * @param partial whether checks that this GPU needs were left out
 * @param plain id of the check that everything else depends on
 */
export function verdictOf(
  results: readonly Result[],
  {
    checks,
    ending,
    software,
    partial = false,
    plain = 'plain',
  }: { checks: readonly Titled[]; ending: Ending; software: boolean; partial?: boolean; plain?: string },
): Verdict {
  if (ending.kind === 'lost') {
    return {
      tone: 'bad',
      word: 'No: the GPU was lost.',
      sentence: `The browser took the GPU away during ${ending.during}${ending.why === '' ? '' : ` (${ending.why})`}. That happens when a driver crashes or a command takes too long. Check again; if it happens again, please report it.`,
    };
  }
  if (ending.kind === 'cancelled') return { tone: 'doubtful', word: 'Not known.', sentence: 'The check was cancelled before its end.' };
  const bad = results.filter(({ state }) => state === 'wrong' || state === 'failed');
  const compared = results.reduce((sum, result) => sum + result.compared.length, 0);
  const error = Math.max(...results.filter(({ precision }) => precision === 'f32').map((result) => worst(result)?.error ?? 0));
  if (bad.length === 0) {
    const what = `${partial ? 'A part was checked. ' : ''}All ${compared} comparisons with plain JavaScript agree; the largest error in f32 is ${power(error)}.`;
    return software
      ? {
          tone: 'doubtful',
          word: 'Yes, but not on a GPU.',
          sentence: `${what} They ran on the processor, which plays GPU here: slow, and no evidence about a graphics card.`,
        }
      : { tone: 'good', word: 'Yes.', sentence: what };
  }
  if (bad.some(({ check, precision }) => check === plain && precision === 'f32'))
    return {
      tone: 'bad',
      word: 'No.',
      sentence: `${checks.find(({ id }) => id === plain)?.concerns ?? ''}. Please report it: a driver or this library has a fault.`,
    };
  if (bad.every(({ precision }) => precision === 'f16'))
    return {
      tone: 'doubtful',
      word: 'Yes, in f32.',
      sentence: 'All is right in f32. In f16 something is wrong here: do not ask for that precision, and please report it.',
    };
  const concerns = checks.filter(({ id }) => bad.some(({ check }) => check === id)).map((check) => check.concerns);
  return { tone: 'doubtful', word: 'In part.', sentence: `Plain ResNets are right. ${concerns.join('. ')}. Please report it.` };
}

/** 3.2e-7 in readable form. */
export function power(error: number): string {
  if (error === 0) return '0';
  if (!Number.isFinite(error)) return 'not a number';
  const [digits = '', exponent = ''] = error.toExponential(1).split('e');
  return `${digits}e${Number(exponent)}`;
}
