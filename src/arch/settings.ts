/** Block counts of each depth, as in arch_settings of OpenMMLab's classes. */

export type DepthTable = Readonly<Record<number, readonly number[]>>;

/** Depths of basic blocks. */
export const basicDepths: DepthTable = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3] };

/** Depths of bottlenecks. */
export const bottleneckDepths: DepthTable = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] };

export const resnestDepths: DepthTable = { ...bottleneckDepths, 200: [3, 24, 36, 3], 269: [3, 30, 48, 8] };
