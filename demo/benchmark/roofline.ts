/** The roofline model: how fast an adapter can compute, given the bytes to be moved. Pure. */
import type { Peaks } from '../bench/peaks/peaks.ts';
import { type Table, warmOf } from '../bench/report.ts';
import { RUNTIMES, type RuntimeId } from '../bench/runtimes.ts';

/** x: operations for each byte; y: GFLOP/s. */
export interface Dot {
  x: number;
  y: number;
  label: string;
}

/** Highest possible GFLOP/s at this intensity. */
export const roofAt = ({ gflops, gigabytesPerSecond }: Peaks, intensity: number): number =>
  Math.min(gflops, gigabytesPerSecond * intensity);

/** From the left edge over the ridge to the right edge. */
export function roofLine(peaks: Peaks, from: number, to: number): { x: number; y: number }[] {
  const ridge = peaks.gflops / peaks.gigabytesPerSecond;
  return [from, ridge, to]
    .filter((x) => x >= from && x <= to)
    .sort((a, b) => a - b)
    .map((x) => ({ x, y: roofAt(peaks, x) }));
}

/** Layers of this library that compute something. */
export function layerDots({ layers }: Table, peaks: Peaks): Dot[] {
  return (layers?.layers ?? []).flatMap(({ name, kernel, variant, macs, bytes, us }) => {
    if (macs === 0 || bytes === 0 || us <= 0) return [];
    const [x, y] = [(2 * macs) / bytes, (2 * macs) / us / 1000];
    const share = (100 * y) / roofAt(peaks, x);
    return [{ x, y, label: `${name} (${kernel} ${variant}): ${y.toPrecision(3)} GFLOP/s, ${share.toFixed(0)} % of the roof` }];
  });
}

/** Whole networks, at the intensity of all of their layers together. */
export function networkDots(table: Table): (Dot & { id: RuntimeId })[] {
  const traffic = table.layers?.layers.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
  if (traffic === 0) return [];
  return table.runtimes.flatMap((result) => {
    const warm = warmOf(result)?.median;
    if (result.status !== 'ok' || !warm || RUNTIMES[result.id].runsOn !== 'webgpu') return [];
    const y = (2 * table.macs) / warm / 1e6;
    return [
      { id: result.id, x: (2 * table.macs) / traffic, y, label: `${RUNTIMES[result.id].name}, whole network: ${y.toPrecision(3)} GFLOP/s` },
    ];
  });
}
