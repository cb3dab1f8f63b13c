/** Recipes of preprocessing: how two are merged, and which are refused. Pure. */

import type { Preprocess } from '../api/types.ts';
import { isCount, isEdges, isReal } from '../util/limits.ts';
import { show, textOf } from '../util/show.ts';
import { checkChannels, demand, LEVELS } from './channels.ts';

/**
 * Applies `partial` to `base`, field by field. Undefined fields keep their value, null switches a step off. `resize` is a single field.
 * `mean` and `std` are in the order that the merged `order` names.
 *
 * @param channels input channels of the network; a `base` for another number of them is refused only by checkChannels,
 *   since a network for something other than pictures still runs on tensors
 */
export function mergePreprocess(base: Preprocess, partial: Partial<Preprocess> = {}, channels = 3): Preprocess {
  for (const field of Object.keys(partial))
    demand(FIELDS.includes(field), field, 'is not a step of preprocessing.', `Use ${FIELDS.join(', ')}.`);
  const own = Object.entries(partial).filter(([, value]) => value !== undefined);
  const merged: Preprocess = { ...base, ...Object.fromEntries(own) };
  checkFields(merged);
  if (partial.mean || partial.std) checkChannels(merged, channels);
  return merged;
}

const FIELDS: readonly string[] = ['resize', 'crop', 'cropFill', 'cropRounding', 'mean', 'std', 'order', 'padDivisor', 'padValue'];
const SIZE = 'Use a positive whole number or [height, width].';

function checkFields({ resize, crop, cropFill, cropRounding = 'torchvision', mean, std, order, padDivisor, padValue }: Preprocess): void {
  const check = (ok: boolean, field: string, value: unknown, hint: string) =>
    demand(ok, field, `${Array.isArray(value) ? `[${value.map(show)}]` : textOf(value)} does not fit.`, hint);
  const oneOf = (field: string, value: string, ...allowed: string[]) =>
    check(allowed.includes(value), field, value, `Use '${allowed.join("' or '")}'.`);
  for (const [field, values] of Object.entries({ mean, std }))
    check(Array.isArray(values) && values.every((level) => isReal(level, 'level')), field, values, LEVELS);
  check(
    std.every((level) => level > 0),
    'std',
    std,
    'Use 1 to leave a channel unscaled.',
  );
  oneOf('order', order, 'rgb', 'bgr');
  oneOf('cropRounding', cropRounding, 'torchvision', 'openmmlab', 'transformers');
  check(
    resize == null || (typeof resize === 'object' && !Array.isArray(resize)),
    'resize',
    resize,
    'Give { size, edge, filter, kernel }, or null.',
  );
  if (resize) {
    const { size, edge, filter, kernel } = resize;
    oneOf('resize.edge', edge, 'short', 'exact', 'cover', 'contain');
    oneOf('resize.kernel', kernel, 'pillow', 'opencv', 'torch');
    const rare = kernel === 'pillow' ? ['nearest', 'box', 'hamming', 'lanczos'] : [];
    oneOf('resize.filter', filter, 'bilinear', 'bicubic', ...rare);
    check(isSize(size), 'resize.size', size, SIZE);
    check(edge !== 'short' || !Array.isArray(size), 'resize.size', size, "Give one number, or use edge: 'exact'.");
  }
  check(crop == null || isSize(crop), 'crop', crop, SIZE);
  const isLevel = (level: number) => Number.isFinite(level) && level >= 0 && level <= 255;
  check(cropFill == null || (cropFill.length === mean.length && cropFill.every(isLevel)), 'cropFill', cropFill, LEVELS);
  check(padDivisor == null || isCount(padDivisor, 'edge'), 'padDivisor', padDivisor, 'Use a positive whole number; 1 pads nothing.');
  check(padValue == null || isReal(padValue, 'level'), 'padValue', padValue, 'Use a finite number; it is written after normalising.');
}

function isSize(value: unknown): boolean {
  return isEdges(value) || isCount(value, 'edge');
}
