/**
 * `tuning: 'auto'`, the load: kernels as they were measured on this adapter by an earlier one (measure.ts). Nothing is measured here, and what
 * comes to be known while a session lives is for the next.
 */
import type { Engine } from '../gpu/device.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { SessionOptions } from '../model/session.ts';
import { type KeptTuning, keptTuning } from './kept.ts';
import { adapterName, byShape, withHalves } from './tuning-table.ts';

/** What a session is opened with. */
export function autoOptions(precision: Precision): Pick<SessionOptions, 'tuned' | 'refine'> {
  const known = new Map<string, KeptTuning>();
  let kept: KeptTuning | undefined;
  const tuned = byShape((shape) => kept?.variants[shape]);
  return {
    tuned: (params, profile) => {
      try {
        return tuned(params, profile);
      } catch {
        // The same shape in another network, whose channels lie otherwise.
        return undefined;
      }
    },
    // A device that was lost may come back as another one.
    refine: async (engine) => {
      const name = adapterName(engine.adapter);
      kept = known.get(name) ?? (await keptTuning(precision, engine.adapter));
      known.set(name, kept);
      await refine(engine, precision, kept);
    },
  };
}

async function refine(engine: Engine, precision: Precision, { variants, units }: KeptTuning): Promise<void> {
  const isHalf = Object.values(variants).some((name) => name.startsWith('f16'));
  const profile = isHalf ? await withHalves(engine.profile, precision, engine.device) : engine.profile;
  engine.profile = { ...profile, ...units };
}
