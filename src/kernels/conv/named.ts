/** Variants by name, as tuning tables, trials and tests have them. Fetched only where there is such a name. Pure. */
import { ResnetError } from '../../util/errors.ts';
import type { ConvParams, ConvVariant } from '../lib/conv-params.ts';
import type { DeviceProfile } from '../lib/kernel.ts';
import { convCandidates, convCost, suited } from './select.ts';
import { variantName } from './variant.ts';

type Profile = Omit<DeviceProfile, 'computeUnits'>;

/**
 * The variant of that name as it suits the layer; `undefined` leaves the choice to the device, since a table may come from another one,
 * which has kernels that this one cannot run or has no memory for.
 * @throws ResnetError `usage` that names the layer where no device could compute it so
 */
export function namedVariant(params: ConvParams, name: string, profile: Profile): ConvVariant | undefined {
  const isForeign = (name.startsWith('serial') && !profile.processor) || (name.startsWith('f16') && !profile.halves);
  if (isForeign) return undefined;
  const variant = suited(params, name, profile);
  // A variant that the device computes wrongly is not a choice either.
  if (variant || profile.avoid) return variant?.winograd && profile.lean ? undefined : variant;
  throw new ResnetError('usage', `The variant '${name}' cannot compute this convolution.`, {
    layer: params.layer,
    hint: 'Pass a tuning table that tune() made for this model, or none.',
  });
}

/**
 * What conv.wgsl is at its best on the GPUs whose compilers were looked at, and a form with few registers: for classes that have none
 * of their own that f16 arithmetic can compute.
 */
const DIRECT = ['direct-1x16-16-64', 'direct-1x8-16-64', 'direct-2x8-8-16'].flatMap((name) =>
  ['', '/2', '/4', '/8', '/16'].map((split) => name + split),
);

/** What is worth timing, by kind. */
export interface Contenders {
  /** The forms that the class of the device may get. */
  own: ConvVariant[];
  /** conv.wgsl, where the class has no form of it: which kernels a class likes best is a guess for most of them. */
  others: ConvVariant[];
  /** conv.wgsl in f16 arithmetic, on every class of GPU, if the device has it. */
  halves: ConvVariant[];
}

export function contenders(params: ConvParams, profile: Profile): Contenders {
  const isDirect = ({ kernel, winograd }: ConvVariant) => kernel === 'conv' && !winograd;
  const own = convCandidates(params, { ...profile, halvesByName: true });
  const others = own.some((variant) => isDirect(variant) && variant.depth % 2 === 0)
    ? []
    : DIRECT.flatMap((name) => suited(params, name, profile) ?? []);
  const halves = [...own.filter(isDirect), ...others].flatMap((variant) => {
    const half = suited(params, variantName({ ...variant, halves: true }), profile);
    return half?.halves ? [half] : [];
  });
  // A software adapter takes minutes for variants that are made for GPUs.
  return { own, others: profile.name === 'software' ? [] : others, halves };
}

/** Of each kind the few that the model of the device expects most of, by name. */
export function finalists(params: ConvParams, profile: DeviceProfile): string[] {
  const { own, others, halves } = contenders(params, profile);
  const best = (variants: ConvVariant[], count: number) =>
    variants
      .map((variant) => ({ name: variantName(variant), cost: convCost(params, variant, profile) }))
      .sort((a, b) => a.cost - b.cost)
      .slice(0, count)
      .map(({ name }) => name);
  return [...best(own, 3), ...best(others, 1), ...best(halves, 2)];
}
