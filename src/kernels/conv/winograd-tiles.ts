/** Sizes of Winograd convolutions (winograd.ts). */

import type { WinogradTile } from '../lib/conv-params.ts';
import type { Dispatch, View } from '../lib/kernel.ts';

/** Number of tiles in all images, and along one image's width and height. */
export function winogradTiles(tile: WinogradTile, { n, h, w }: View): { tiles: number; x: number; y: number } {
  const [x, y] = [Math.ceil(w / tile), Math.ceil(h / tile)];
  return { tiles: n * x * y, x, y };
}

/** Positions in a tile. */
export function winogradPositions(tile: WinogradTile): number {
  return (tile + 2) ** 2;
}

export function winogradConstants(tile: WinogradTile): Dispatch['constants'] {
  return { TILE: tile, SIZE: tile + 2 };
}

/** Bytes of the transformed weights. These are float32 in either precision. */
export function winogradWeightBytes(tile: WinogradTile, inGroups: number, outGroups: number): number {
  return outGroups * 16 + winogradPositions(tile) * outGroups * inGroups * 64;
}
