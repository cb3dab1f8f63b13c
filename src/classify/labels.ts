/** Names of the classes of well-known data sets. Each list is a separate file that is loaded when needed. */
import { ResnetError } from '../util/errors.ts';
import { fetchPart } from '../util/fetch-part.ts';

export type LabelSet = 'imagenet1k' | 'cifar10' | 'cifar100';

const sets: Record<LabelSet, () => Promise<{ names: string }>> = {
  imagenet1k: () => fetchPart(import('./labels/imagenet1k.ts')),
  cifar10: () => fetchPart(import('./labels/cifar10.ts')),
  cifar100: () => fetchPart(import('./labels/cifar100.ts')),
};

/** Class names in index order. */
export async function loadLabels(set: LabelSet): Promise<string[]> {
  if (!Object.hasOwn(sets, set)) {
    throw new ResnetError('usage', `There are no labels named ${set}.`, {
      layer: 'labels',
      hint: `Use ${Object.keys(sets).join(', ')}, or pass your own list.`,
    });
  }
  const { names } = await sets[set]();
  return names.split(/\|\n?/);
}
