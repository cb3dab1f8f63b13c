/** What `tuning: 'auto'` keeps of an adapter from one load to the next. */
import type { Tuning } from '../api/tuning-types.ts';
import { keep, recall } from '../gpu/adapter-store.ts';
import type { AdapterDescription } from '../gpu/device-profile.ts';
import type { Precision } from '../kernels/lib/kernel.ts';
import type { Units } from './probe.ts';
import { tunedVariants } from './tuning-table.ts';

export interface KeptTuning {
  /** By shape, the default's name where nothing was faster: of every network that was measured. */
  variants: Record<string, string>;
  /** Where the browser hides what the GPU is. */
  units?: Units;
  /** Nothing is measured again with a clock that shows nothing. */
  coarse?: string;
}

const NOTHING: KeptTuning = { variants: {} };

/** What is kept; nothing where it is not what this version of the library keeps. */
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

/** Adds to what is kept. */
export async function keepTuning(precision: Precision, adapter: AdapterDescription, found: KeptTuning): Promise<void> {
  const known = await keptTuning(precision, adapter);
  await keep(`tuning ${precision}`, adapter, { ...known, ...found, variants: { ...known.variants, ...found.variants } });
}
