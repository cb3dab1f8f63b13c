/** One bar for all that loading takes: its steps overlap, and a bar that begins again and again says nothing. Pure. */
import type { Progress } from '../library.ts';

/** Share of each step; a download takes longest wherever there is one, and is done immediately where the file was kept. */
const SHARES: Record<Progress['phase'], number> = { download: 0.7, read: 0.05, compile: 0.1, upload: 0.1, warm: 0.05 };

export class Overall {
  private readonly steps = new Map<Progress['phase'], number>();
  private shown = 0;

  /** @returns how much is done, 0 to 1; never less than before */
  add({ phase, loaded, total }: Progress): number {
    const part = total ? Math.min(1, loaded / total) : 0;
    this.steps.set(phase, Math.max(part, this.steps.get(phase) ?? 0));
    // Weights go to the GPU after all have come; files that tell no length are done by then, too.
    if (phase === 'upload' || phase === 'warm') for (const before of ['download', 'read'] as const) this.steps.set(before, 1);
    let sum = 0;
    for (const [step, done] of this.steps) sum += SHARES[step] * done;
    this.shown = Math.max(this.shown, Math.min(1, sum));
    return this.shown;
  }
}
