/**
 * `tuning: 'auto'` while loading: uses the kernels that an earlier load measured on this adapter (measure.ts). Nothing is measured
 * here. What is measured during a session is for the next load.
 */
import type { Engine } from '../gpu/device.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { SessionOptions } from '../model/session.ts';
import { type KeptTuning, keptTuning } from './kept.ts';
import { adapterName, byShape, withHalves } from './tuning-table.ts';

/** Settings that a session is opened with. */
export function autoOptions(precision: Precision): Pick<SessionOptions, 'tuned' | 'refine'> {
  const known = new Map<string, KeptTuning>();
  let kept: KeptTuning | undefined;
  const tuned = byShape((shape) => kept?.variants[shape]);
  return {
    tuned: (params, profile) => {
      try {
        return tuned(params, profile);
      } catch {
        // The same shape in another network, but with another channel layout.
        return undefined;
      }
    },
    // A lost device may be replaced by a different one.
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
