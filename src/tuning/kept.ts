/** The results that `tuning: 'auto'` stores for an adapter between loads. */
import type { Tuning } from '../api/tuning-types.ts';
import { keep, recall } from '../gpu/adapter-store.ts';
import type { AdapterDescription } from '../gpu/device-profile.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { Units } from './probe.ts';
import { tunedVariants } from './tuning-table.ts';

export interface KeptTuning {
  /** Variants by shape, from all networks that were measured. If nothing was faster, the default's name. */
  variants: Record<string, string>;
  /** Measured if the browser hides the GPU. */
  units?: Units;
  /** Recorded so that a useless clock is not tried again. */
  coarse?: string;
}

const NOTHING: KeptTuning = { variants: {} };

/** The stored value. Undefined if it does not have this version's form. */
export async function keptTuning(precision: Precision, adapter: AdapterDescription): Promise<KeptTuning> {
  const found = (await recall(`tuning ${precision}`, adapter)) as KeptTuning | undefined;
  try {
    if (!found) return NOTHING;
    tunedVariants(found as Tuning);
    const { computeUnits = 0, rate = 0 } = found.units ?? {};
    const isUnits = computeUnits >= 1 && rate > 0 && Number.isFinite(computeUnits * rate);
    return {
      variants: found.variants,
      ...(isUnits && { units: { computeUnits, rate } }),
      ...(found.coarse && { coarse: String(found.coarse) }),
    };
  } catch {
    return NOTHING;
  }
}

/** Merges new results into the stored ones. */
export async function keepTuning(precision: Precision, adapter: AdapterDescription, found: KeptTuning): Promise<void> {
  const known = await keptTuning(precision, adapter);
  await keep(`tuning ${precision}`, adapter, { ...known, ...found, variants: { ...known.variants, ...found.variants } });
}
