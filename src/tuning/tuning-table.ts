/** Tuning tables: how they identify a convolution, and their checks. Fetched only if there is such a table. */

import type { Tuning } from '../api/tuning-types.ts';
import type { AdapterDescription } from '../gpu/device-profile.ts';
import { namedVariant } from '../kernels/conv/named.ts';
import { parseVariant } from '../kernels/conv/variant.ts';
import type { TunedVariant } from '../kernels/lib/context.ts';
import type { ConvParams, ConvVariant } from '../kernels/lib/conv-params.ts';
import type { DeviceProfile, Precision } from '../kernels/lib/kernel.ts';
import * as lazy from '../lazy.ts';
import type { SessionOptions } from '../model/session.ts';
import { ResnetError } from '../util/errors.ts';

/** Identifies a layer by everything that determines its time. */
export function convKey({ attributes: a, inChannels, input, output }: ConvParams): string {
  const dilation = a.dilation.some((step) => step > 1) ? ` dilation ${a.dilation.join('x')}` : '';
  const groups = a.groups > 1 ? ` groups ${a.groups}` : '';
  const batch = input.n > 1 ? `${input.n}x` : '';
  return `${a.kernel.join('x')}/${a.stride.join('x')}${dilation}${groups} ${inChannels}>${a.outChannels} ${batch}${output.h}x${output.w}`;
}

/** Name of the GPU that a table was measured on. Empty if the browser does not tell. */
export function adapterName({ vendor, architecture, description }: AdapterDescription): string {
  return [vendor, architecture, description].filter(Boolean).join(' ');
}

/** Makes the lookup for a plan from variants by shape. */
export function byShape(nameOf: (shape: string) => string | undefined): TunedVariant {
  return (params, profile) => {
    const name = nameOf(convKey(params));
    return name === undefined ? undefined : namedVariant(params, name, profile);
  };
}

/**
 * Makes the function that a plan asks for a layer's variant.
 * @throws ResnetError `usage` that names the entry that makes no sense
 */
export function tunedVariants(tuning: Tuning): TunedVariant {
  const variants: unknown = (tuning as Tuning | null)?.variants;
  if (typeof variants !== 'object' || variants === null || Array.isArray(variants)) fail('tuning', 'has no table of variants.');
  const table = new Map(Object.entries(variants as Record<string, unknown>).map(([key, name]) => [key, checked(key, name)]));
  return byShape((shape) => table.get(shape));
}

/** The profile with f16 arithmetic for the layers that a table names. Only for f16 models, on devices that support it and compute it correctly. */
export async function withHalves(profile: DeviceProfile, precision: Precision, { features }: GPUDevice): Promise<DeviceProfile> {
  if (profile.f16Arithmetic || precision !== 'f16' || !features.has('shader-f16') || profile.avoid?.isOut('f16 ')) return profile;
  return { ...profile, f16Arithmetic: (await lazy.f16Kernels()).withF16Arithmetic, f16ByName: true };
}

/** Settings that a session is opened with for a table: its variants, and device features that they need. */
export function tunedOptions(tuning: Tuning, precision: Precision): Pick<SessionOptions, 'tuned' | 'refine'> {
  const tuned = tunedVariants(tuning);
  if (!Object.values(tuning.variants).some((name) => name.startsWith('f16'))) return { tuned };
  return {
    tuned,
    refine: async (engine) => {
      engine.profile = await withHalves(engine.profile, precision, engine.device);
    },
  };
}

function checked(key: string, name: unknown): string {
  const variant = typeof name === 'string' ? parseVariant(name) : undefined;
  if (typeof name !== 'string' || !variant || !isPossible(variant)) fail(`tuning: ${key}`, `${JSON.stringify(name)} is not a variant.`);
  return name;
}

function fail(layer: string, what: string): never {
  throw new ResnetError('usage', what, { layer, hint: "Pass 'auto', what tune() gave, or parsed JSON of it." });
}

/** Whether the numbers form a kernel: 64 threads can share its tiles, and there are enough registers and workgroup memory. */
function isPossible({ kernel, pixels, groups, depth, split, ...rest }: ConvVariant): boolean {
  const whole = [pixels, groups, depth, split].every((count) => Number.isInteger(count) && count >= 1 && count <= 64);
  if (!whole || pixels * groups > (kernel === 'conv-serial' ? 64 : 32) || depth > 8) return false;
  // All loads and sums of a step are unrolled.
  if (kernel === 'conv-serial') return split === 1 && rest.winograd === undefined && pixels * depth <= 32;
  if (kernel === 'conv') return 'pixelThreads' in rest && rest.pixelThreads >= 1 && 64 % rest.pixelThreads === 0;
  // Each thread loads whole vec4s of both tiles, which must fit into 16 KiB.
  const [quads, columns] = [pixels * 2, groups * 8];
  const bytes = depth * 4 * (quads + columns + 2) * 16;
  return pixels % 4 === 0 && (quads * depth) % 64 === 0 && (columns * depth * 2) % 64 === 0 && bytes <= 16384;
}
