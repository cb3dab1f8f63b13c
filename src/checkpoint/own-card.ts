/** Facts in checkpoints written by this library, as JSON in one entry of the metadata. */

import type { Preprocess } from '../api/types.ts';
import type { Arch } from '../arch/index.ts';
import { isCount, isEdges } from '../util/limits.ts';
import { isObject } from './card.ts';

export const OWN_CARD = 'resnet-webgpu';

export interface OwnCard {
  version: 1;
  arch: Arch;
  numClasses: number;
  /** [height, width] */
  inputSize: [number, number];
  preprocess: Preprocess;
  labels: string[];
}

/** Undefined if there are none, or if they are from another version. The file is then read like any other. */
export function ownCard(metadata: Readonly<Record<string, unknown>>): OwnCard | undefined {
  const text = metadata[OWN_CARD];
  if (typeof text !== 'string') return undefined;
  let card: unknown;
  try {
    card = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(card) || card.version !== 1) return undefined;
  const { arch, numClasses, inputSize, preprocess, labels } = card;
  const fits =
    (typeof arch === 'string' || isObject(arch)) &&
    isCount(numClasses, 'classes') &&
    isEdges(inputSize) &&
    isObject(preprocess) &&
    Array.isArray(labels) &&
    labels.length === numClasses &&
    labels.every((label) => typeof label === 'string');
  return fits ? (card as unknown as OwnCard) : undefined;
}
