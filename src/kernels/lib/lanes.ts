/** How the threads of a workgroup share a sum. */
import { type View, WORKGROUP } from './kernel.ts';

/** Number of threads that share `items`: a power of 2, up to a workgroup. */
export function lanesFor(items: number): number {
  return Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(Math.max(1, items))));
}

/** Threads along channels and pixels: 128 contiguous bytes of a pixel for the last stage's 7x7, more threads for each channel in large maps. */
export function mapLanes({ h, w }: View): { GROUP_LANES: number; PIXEL_LANES: number } {
  return h * w > 256 ? { GROUP_LANES: 4, PIXEL_LANES: 64 } : { GROUP_LANES: 8, PIXEL_LANES: 8 };
}
