/** One progress bar for all of loading: its steps overlap, and a bar that starts again and again would say nothing. Pure. */
import type { Progress } from '../library.ts';

/** Share of each step. A download takes longest if there is one, and is done immediately if the file was kept. */
const SHARES: Record<Progress['phase'], number> = { download: 0.7, read: 0.05, compile: 0.1, upload: 0.1, warm: 0.05 };

export class Overall {
  private readonly steps = new Map<Progress['phase'], number>();
  private shown = 0;

  /** @returns progress from 0 to 1, never less than before */
  add({ phase, loaded, total }: Progress): number {
    const part = total ? Math.min(1, loaded / total) : 0;
    this.steps.set(phase, Math.max(part, this.steps.get(phase) ?? 0));
    // Weights are uploaded after all have arrived. By then, files of unknown length are also complete.
    if (phase === 'upload' || phase === 'warm') for (const before of ['download', 'read'] as const) this.steps.set(before, 1);
    let sum = 0;
    for (const [step, done] of this.steps) sum += SHARES[step] * done;
    this.shown = Math.max(this.shown, Math.min(1, sum));
    return this.shown;
  }
}
