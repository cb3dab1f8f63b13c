/**
 * The only place that defines plausible numbers, for configurations, cards of repositories, manifests, names and shapes of
 * tensors, and lists of labels. These come from strangers' files. A loop or a list whose length they give must end quickly.
 * Each limit is well above the largest published value, and reaching it costs milliseconds.
 */

export const LIMITS = {
  /** Channels of a layer; also widths, groups and ratios. SEER's RegNetY-10B ends in 20,280. */
  channels: 2 ** 17,
  /** Outputs of a head, and entries of a label list. WebFace42M has 2,059,906 people. */
  classes: 2 ** 21,
  /** Blocks of a stage: ResNet-1202 has 200, SENet-154's longest 36. */
  blocks: 500,
  /** Stages of a network: there are 3 or 4. */
  stages: 9,
  /** Parts that a block is split into: scales of Res2Net (8), radix of ResNeSt (4), branches of TridentNet (3). */
  parts: 16,
  /** Nodes of a graph: ResNet-1202 has 4,219, whose plan takes 2 s. */
  nodes: 5000,
  /** Pixels along an edge of an image or an input. GPUs' textures end at 16,384 or 32,768. */
  edge: 2 ** 15,
  /** Mean and deviation of a channel, on the scale of 0 to 255. */
  level: 2 ** 16,
  /** All other numbers: ratios, slopes, exponents. */
  number: 2 ** 20,
  /** Numbers in one tensor of random weights: 1 GiB. */
  elements: 2 ** 28,
} as const;

export type Quantity = keyof typeof LIMITS;

/** An integer from `min` up to the limit. */
export function isCount(value: unknown, quantity: Quantity, min = 1): value is number {
  return Number.isInteger(value) && Number(value) >= min && Number(value) <= LIMITS[quantity];
}

/** A finite number whose magnitude is within the limit. */
export function isReal(value: unknown, quantity: Quantity = 'number', min: number = -LIMITS[quantity]): value is number {
  return typeof value === 'number' && value >= min && value <= LIMITS[quantity];
}

/** [height, width] of an image or an input. */
export function isEdges(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((edge) => isCount(edge, 'edge'));
}

/** Whether an index from a key or a name is valid. Only decimal digits count, because Number() also accepts '' and '1e9'. */
export function indexOf(text: string, quantity: Quantity): number | undefined {
  return /^\d{1,9}$/.test(text) && Number(text) < LIMITS[quantity] ? Number(text) : undefined;
}
