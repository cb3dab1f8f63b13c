/** How the threads of a workgroup share what is summed up. */
import { type View, WORKGROUP } from './kernel.ts';

/** Threads that share `items` things: a power of 2 up to a workgroup. */
export function lanesFor(items: number): number {
  return Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(Math.max(1, items))));
}

/** Threads along channels and pixels: 128 contiguous bytes a pixel for the 7x7 of a last stage, more threads a channel for large maps. */
export function mapLanes({ h, w }: View): { GROUP_LANES: number; PIXEL_LANES: number } {
  return h * w > 256 ? { GROUP_LANES: 4, PIXEL_LANES: 64 } : { GROUP_LANES: 8, PIXEL_LANES: 8 };
}
