/** From an image's size and a recipe to the two dispatches, and the numbers that they look up. Pure. */

import type { Preprocess } from '../api/types.ts';
import { imageColumnsDispatch } from '../kernels/image/columns.ts';
import { imageRowsDispatch } from '../kernels/image/rows.ts';
import type { Dispatch } from '../kernels/lib/kernel.ts';
import { geometry } from './geometry.ts';
import { filterTaps } from './resample.ts';
import { concat, identityTaps, interleave, levelTable, touched } from './tables.ts';

export interface ImagePlan {
  /** Shape of one image's tensor: [1, c, h, w]. */
  shape: [number, number, number, number];
  /** The part of the source that is read. */
  region: { x: number; y: number; width: number; height: number };
  tables: Int32Array<ArrayBuffer>;
  /** Bytes of the intermediate result. */
  intermediateBytes: number;
  rows: Dispatch;
  columns: Dispatch;
}

/** @param preprocess checked by recipe.ts */
export function planImage(width: number, height: number, preprocess: Preprocess): ImagePlan {
  const { resized, window, inset, cropped, output } = geometry(width, height, preprocess);
  const [top, left, windowHeight, windowWidth] = window;
  const { resize, mean } = preprocess;
  const channels = mean.length;
  const taps = (size: number, after: number, start: number, count: number) =>
    resize ? filterTaps(resize.kernel, resize.filter, size, after, start, count) : identityTaps(start, count);
  const horizontal = taps(width, resized[1], left, windowWidth);
  const vertical = taps(height, resized[0], top, windowHeight);
  const x = touched(horizontal, width);
  const y = touched(vertical, height);
  const entries = [interleave(horizontal, x.from), interleave(vertical, y.from)] as const;
  const opencv = resize?.kernel === 'opencv';
  return {
    shape: [1, channels, ...output],
    region: { x: x.from, y: y.from, width: x.count, height: y.count },
    tables: concat([...entries, levelTable(preprocess)]),
    intermediateBytes: channels * y.count * windowWidth * 4,
    rows: imageRowsDispatch({ channels, width: windowWidth, height: y.count, taps: horizontal.taps, pillow: !opencv }),
    columns: imageColumnsDispatch({
      channels,
      output,
      cropped,
      inset,
      window: [windowHeight, windowWidth],
      sourceHeight: y.count,
      entries: entries[0].length,
      taps: vertical.taps,
      levels: entries[0].length + entries[1].length,
      reverse: preprocess.order === 'bgr',
      truncate: opencv && resize?.filter === 'bilinear',
    }),
  };
}
