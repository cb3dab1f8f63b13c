import { describe, expect, test } from 'vitest';
import { MACS_A_ROUND, measureUnits } from './probe.ts';

/** A GPU with the given number of units, seen through a clock with the given step in microseconds. */
function gpu(units: number, rate: number, step: number, launch = 4) {
  const times: number[] = [];
  let now = 0;
  const time = async (workgroups: number, rounds: number) => {
    const us = launch + (Math.ceil(workgroups / units) * rounds * MACS_A_ROUND) / rate;
    const begin = Math.floor(now / step) * step;
    now += us;
    times.push(us);
    const end = Math.floor(now / step) * step;
    now += 7.3;
    return end - begin;
  };
  return { time, times };
}

describe('the probe', () => {
  test.each([
    ['integrated, 6 units', 6, 180e3, 1],
    ['Steam Deck', 8, 134e3, 100],
    ['28 units', 28, 315e3, 100],
    ['RX 6800', 60, 134e3, 65.536],
    ['RTX 4090', 128, 315e3, 100],
    ['through the clock on the wall', 28, 315e3, 5, 250],
  ])('finds the units and the rate: %s', async (_, units, rate, step, launch?: number) => {
    const { time, times } = gpu(units, rate, step, launch);
    const found = await measureUnits(time);
    expect(Math.abs(Math.log2((found?.computeUnits ?? 0) / units))).toBeLessThan(0.4);
    expect(Math.abs(Math.log2((found?.rate ?? 0) / rate))).toBeLessThan(0.3);
    expect(times.reduce((a, b) => a + b)).toBeLessThan(50_000);
  });

  test('says nothing where the clock shows nothing', async () => {
    expect(await measureUnits(async () => 0)).toBeUndefined();
    expect(await measureUnits(gpu(28, 315e3, 100_000).time)).toBeUndefined();
  });
});
