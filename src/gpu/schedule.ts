/** How runs are split, and which of their parts are submitted. */
import type { Dispatch } from '../kernels/lib/kernel.ts';
import type { Plan } from '../plan/types.ts';

/** Submits all steps of a plan in slices, in order. `submit(from, to)` is for the dispatches `from` .. `to` - 1. */
export type Schedule = (plan: Plan, submit: (from: number, to: number) => void) => Promise<void>;

/** The steps `from` .. `to` - 1 of a plan, and the commands before the first and after the last step. */
export interface Submitted {
  steps: readonly { layer: string; dispatch: Dispatch }[];
  from: number;
  to: number;
  input?: { readonly fromImages?: true };
  tail?: { inPass?: unknown };
}
