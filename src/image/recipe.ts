/** Recipes of preprocessing: how two are merged, and which are refused. Pure. */
import { ResnetError } from '../errors.ts';
import type { Preprocess } from '../types.ts';

/**
 * Lays `partial` over `base`, field by field: what it leaves undefined stays, null switches a step off.
 * `resize` is one field. `mean` and `std` are in the order that the merged `order` names.
 *
 * @param channels input channels of the network; a `base` for another number of them is refused only by checkChannels,
 *   since a network for something other than pictures still runs on tensors
 */
export function mergePreprocess(base: Preprocess, partial: Partial<Preprocess> = {}, channels = 3): Preprocess {
  const given = Object.entries(partial).filter(([, value]) => value !== undefined);
  const merged: Preprocess = { ...base, ...Object.fromEntries(given) };
  checkFields(merged);
  if (partial.mean || partial.std) checkChannels(merged, channels);
  return merged;
}

/** Throws a ResnetError `config` where an image cannot become the network's input. */
export function checkChannels({ mean, std }: Preprocess, channels: number): void {
  if (channels !== 3 && channels !== 1) {
    refuse('mean', `The network takes ${channels} channels, an image has 3 (or 1, as luma).`, 'Make the tensor yourself and call run().');
  }
  for (const [field, values] of Object.entries({ mean, std })) {
    if (values.length !== channels) {
      const hint = `Give ${channels === 1 ? 'one number' : 'one number for each channel'}, on the 0..255 scale.`;
      refuse(field, `has ${values.length} numbers, the network takes ${channels} channels.`, hint);
    }
  }
}

function refuse(field: string, what: string, hint: string): never {
  throw new ResnetError('config', what, { layer: `preprocess.${field}`, hint });
}

function checkFields({ resize, crop, cropRounding, mean, std, order, padDivisor, padValue }: Preprocess): void {
  const oneOf = (field: string, value: unknown, allowed: string[]) => {
    if (!allowed.includes(String(value))) refuse(field, `${value} is not known.`, `Use ${allowed.map((a) => `'${a}'`).join(' or ')}.`);
  };
  const size = (field: string, value: unknown) => {
    const sizes = Array.isArray(value) ? value : [value, value];
    if (sizes.length !== 2 || !sizes.every((s) => Number.isInteger(s) && s > 0)) {
      refuse(field, `${JSON.stringify(value)} is no size.`, 'Use a positive whole number or [height, width].');
    }
  };
  for (const [field, values] of Object.entries({ mean, std })) {
    if (!Array.isArray(values) || !values.every(Number.isFinite)) {
      refuse(field, `${JSON.stringify(values)} is no list of numbers.`, 'Give one number for each channel, on the 0..255 scale.');
    }
  }
  if (std.includes(0)) refuse('std', 'A standard deviation is 0.', 'Use 1 to leave a channel unscaled.');
  oneOf('order', order, ['rgb', 'bgr']);
  if (cropRounding !== undefined) oneOf('cropRounding', cropRounding, ['torchvision', 'openmmlab']);
  if (resize) {
    size('resize.size', resize.size);
    oneOf('resize.edge', resize.edge, ['short', 'exact']);
    oneOf('resize.filter', resize.filter, ['bilinear', 'bicubic']);
    oneOf('resize.kernel', resize.kernel, ['pillow', 'opencv']);
    if (resize.edge === 'short' && typeof resize.size !== 'number') {
      refuse('resize.size', `${JSON.stringify(resize.size)} names two edges.`, "Give one number, or use edge: 'exact'.");
    }
  }
  if (crop != null) size('crop', crop);
  if (padDivisor != null && !(Number.isInteger(padDivisor) && padDivisor > 0)) {
    refuse('padDivisor', `${padDivisor} divides no size.`, 'Use a positive whole number; 1 pads nothing.');
  }
  if (padValue != null && !Number.isFinite(padValue)) {
    refuse('padValue', `${padValue} is no number.`, 'Use a finite number; it is written after normalising.');
  }
}
