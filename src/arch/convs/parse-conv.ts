/** Reads OpenMMLab's conv_cfg, and dcn and sac, which have the same form. */
import type { Arguments } from '../arguments.ts';
import type { ConvSetting } from '../layers.ts';
import { adaptivePadding } from './adaptive-padding.ts';
import { deformable } from './deformable.ts';
import { adaptivelyStandardized, weightStandardized } from './standardized.ts';
import { switchable } from './switchable.ts';

const kinds: Record<string, (a: Arguments) => ConvSetting> = {
  Conv: () => undefined,
  Conv2d: () => undefined,
  ConvWS: (a) => weightStandardized(a.number('eps', 1e-5, { min: 0, max: 1 })),
  ConvAWS: () => adaptivelyStandardized,
  Conv2dAdaptivePadding: () => adaptivePadding,
  DCN: (a) => deformable(1, deformGroups(a)),
  DCNv2: (a) => deformable(2, deformGroups(a)),
  SAC: (a) => switchable(a.boolean('use_deform', false)),
};

/** `allowed` restricts the types. */
export function parseConv(a: Arguments | undefined, allowed = Object.keys(kinds)): ConvSetting {
  if (!a) return undefined;
  const layer = kinds[a.type(allowed)]?.(a);
  a.done();
  return layer;
}

/** Configurations before mmcv 1.0 call it deformable_groups. */
function deformGroups(a: Arguments): number {
  a.ignore('im2col_step', 'fallback_on_stride');
  return a.integer(a.has('deformable_groups') ? 'deformable_groups' : 'deform_groups', 1);
}
