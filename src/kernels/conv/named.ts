/** Variants by name, as in tuning tables, trials and tests. Only fetched if there is such a name. Pure. */
import { ResnetError } from '../../util/errors.ts';
import type { ConvParams, ConvVariant } from '../lib/conv-params.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { convCandidates, convCost, suited } from './select.ts';
import { variantName } from './variant.ts';

type Profile = Omit<DeviceProfile, 'computeUnits'>;

/**
 * The variant with that name, adapted to the layer. `undefined` leaves the choice to the device: a table may be from another
 * device, with kernels that this one cannot run or has no memory for.
 * @throws ResnetError `usage` that names the layer, if no device could compute it with this variant
 */
export function namedVariant(params: ConvParams, name: string, profile: Profile): ConvVariant | undefined {
  const isOtherDevices = (name.startsWith('serial') && !profile.processor) || (name.startsWith('f16') && !profile.f16Arithmetic);
  if (isOtherDevices) return undefined;
  const variant = suited(params, name, profile);
  // A variant that the device computes wrongly is not an option either.
  if (variant || profile.avoid) return variant?.winograd && profile.lean ? undefined : variant;
  throw new ResnetError('usage', `The variant '${name}' cannot compute this convolution.`, {
    layer: params.layer,
    hint: 'Pass a tuning table that tune() made for this model, or none.',
  });
}

/**
 * conv.wgsl's best forms on the GPUs whose compilers we examined, and one that needs few registers. For classes without a variant
 * that f16 arithmetic can compute.
 */
const DIRECT = ['direct-1x16-16-64', 'direct-1x8-16-64', 'direct-2x8-8-16'].flatMap((name) =>
  ['', '/2', '/4', '/8', '/16'].map((split) => name + split),
);

/** Variants that are worth timing, by kind. */
export interface Contenders {
  /** The variants that the device's class may use by default. */
  own: ConvVariant[];
  /** conv.wgsl, if the class has no variant of it. For most classes the list of variants is only a guess. */
  others: ConvVariant[];
  /** conv.wgsl with f16 arithmetic, on every class of GPU that supports it. */
  f16: ConvVariant[];
}

export function contenders(params: ConvParams, profile: Profile): Contenders {
  const isDirect = ({ kernel, winograd }: ConvVariant) => kernel === 'conv' && !winograd;
  const own = convCandidates(params, { ...profile, f16ByName: true });
  const others = own.some((variant) => isDirect(variant) && variant.depth % 2 === 0)
    ? []
    : DIRECT.flatMap((name) => suited(params, name, profile) ?? []);
  const f16 = [...own.filter(isDirect), ...others].flatMap((variant) => {
    const found = suited(params, variantName({ ...variant, f16: true }), profile);
    return found?.f16 ? [found] : [];
  });
  // On a software adapter, variants made for GPUs take minutes.
  return { own, others: profile.name === 'software' ? [] : others, f16 };
}

/** From each kind, the few with the best estimates, by name. */
export function finalists(params: ConvParams, profile: DeviceProfile): string[] {
  const { own, others, f16 } = contenders(params, profile);
  const best = (variants: ConvVariant[], count: number) =>
    variants
      .map((variant) => ({ name: variantName(variant), cost: convCost(params, variant, profile) }))
      .sort((a, b) => a.cost - b.cost)
      .slice(0, count)
      .map(({ name }) => name);
  return [...best(own, 3), ...best(others, 1), ...best(f16, 2)];
}
