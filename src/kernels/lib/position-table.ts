import type { PositionEnergyAttributes } from '../../graph/types.ts';

/** The input of `positionCodesDispatch`: the frequencies, computed in float64, then both layers [channels, features / 2]. */
export function positionTable(
  fcX: Float32Array,
  fcY: Float32Array,
  { features, magnitude }: Pick<PositionEnergyAttributes, 'features' | 'magnitude'>,
): Float32Array {
  const quarter = features / 4;
  const table = new Float32Array(quarter + fcX.length + fcY.length);
  for (let i = 0; i < quarter; i++) table[i] = magnitude / 1000 ** (i / quarter);
  table.set(fcX, quarter);
  table.set(fcY, quarter + fcX.length);
  return table;
}
