/** Helpers for views that several kernels use. */
import { ResnetError } from '../../util/errors.ts';
import { channelsOf, type Dispatch, requireGroups, type View } from './kernel.ts';

const BUG = 'This is a bug in the planner; please report it.';

/** The same memory in fewer slices. A slice that fills its last group is merged with the next one. */
export function mergeSlices(slices: readonly number[]): number[] {
  const merged: number[] = [];
  for (const channels of slices) {
    const last = merged.at(-1);
    if (last !== undefined && last % 4 === 0) merged[merged.length - 1] = last + channels;
    else merged.push(channels);
  }
  return merged;
}

/** The channels of a view without padding between slices. Kernels that mix channels need such a view. */
export function requireSingleSlice(layer: string, view: View): number {
  requireGroups(layer, view);
  const [channels, more] = mergeSlices(view.slices);
  if (channels === undefined || more !== undefined) {
    throw new ResnetError('shape', `cannot mix the channels of slices [${view.slices.join(', ')}].`, { layer, hint: BUG });
  }
  return channels;
}

/** Number of groups in views that have the same channels at the same places. */
export function requireSameSlices(layer: string, ...views: (View | undefined)[]): number {
  const present = views.filter((view) => view !== undefined);
  const texts = present.map((view) => mergeSlices(view.slices).join(', '));
  if (texts.some((text) => text !== texts[0])) {
    throw new ResnetError('shape', `channels are sliced as [${texts.join('] and [')}].`, { layer, hint: BUG });
  }
  return Math.max(...present.map((view) => requireGroups(layer, view)));
}

/** Groups in each of `radix` equal parts of a view's channels. Each part starts a new group. */
export function requireSplits(layer: string, view: View, radix: number): number {
  const groups = requireGroups(layer, view);
  const channels = channelsOf(view.slices) / radix;
  const aligned = mergeSlices(view.slices).length === 1 && (radix === 1 || channels % 4 === 0);
  if (!aligned && !(view.slices.length === radix && view.slices.every((slice) => slice === channels))) {
    throw new ResnetError('shape', `slices [${view.slices.join(', ')}] are not ${radix} splits of ${channels} channels.`, {
      layer,
      hint: BUG,
    });
  }
  return groups / radix;
}

export function pixelsOf({ n, h, w }: View): number {
  return n * h * w;
}

/** Stride and offset with the names of a shader's parameters: `in_stride`, `in_offset`. For an absent operand these are zeros, which nobody reads. */
export function place(name: string, view: View | undefined): Dispatch['uniforms'] {
  return { [`${name}_stride`]: view?.stride ?? 0, [`${name}_offset`]: view?.offset ?? 0 };
}

/** Width and height with the names of a shader's parameters. */
export function extent(name: string, view: View): Dispatch['uniforms'] {
  return { [`${name}_width`]: view.w, [`${name}_height`]: view.h };
}

export function requireSameMap(layer: string, a: View, b: View): void {
  if (a.n !== b.n || a.h !== b.h || a.w !== b.w) {
    throw new ResnetError('shape', `cannot combine maps of ${a.n}x${a.h}x${a.w} and ${b.n}x${b.h}x${b.w} pixels.`, { layer, hint: BUG });
  }
}
