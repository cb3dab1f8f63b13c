/** The committed record of compiled kernels (npm run record) is good. scripts/record.mjs --check tells whether it is of the current kernels. */
import { describe, expect, test } from 'vitest';
import record from '../records/kernels.json' with { type: 'json' };
import { FAMILIES, KNOWN_SPILLS, NETWORKS, PRECISIONS, spillsLet } from '../support/chosen-kernels.ts';

type Statistics = { kernel: string; registers: number; spills: number; hotSpills: number };
const kernels: Record<string, Record<string, Statistics>> = record.kernels;
const networks: Record<string, Record<string, number>> = record.networks;

/** Estimated milliseconds of the fastest other WebGPU runtime (docs/performance.md), and how many times faster this library must be. */
const GOALS: readonly (readonly [network: string, family: string, peer: number, ratio: number])[] = [
  ['resnet18', 'navi21', 3.61, 4],
  ['resnet18', 'vangogh', 8.61, 2],
  ['resnet18', 'tgl', 5.9, 1.3],
  ['resnet18', 'dg2', 3.45, 2.5],
  ['resnet18', 'ada', 1.57, 2],
  ['resnet50', 'navi21', 5.63, 4],
  ['resnet50', 'vangogh', 16.5, 2],
  ['resnet50', 'tgl', 13.7, 1.15],
  ['resnet50', 'dg2', 5.2, 2.5],
  ['resnet50', 'ada', 2.77, 1.5],
];

function estimate(network: string, precision: string, family: string): number {
  return networks[`${network} ${precision}`]?.[family] ?? Number.POSITIVE_INFINITY;
}

describe('the record of compiled kernels', () => {
  test.each(FAMILIES.map(({ family }) => family))('has no spill in the loops round a hot one, but known ones, on %s', (family) => {
    expect(Object.values(kernels[family] ?? {}).filter(({ hotSpills, kernel }) => hotSpills > spillsLet(family, kernel))).toEqual([]);
  });

  // Whoever improves a kernel removes it from the list. The sum makes sure that nobody adds one.
  test('knows spills that are there, and ever fewer', () => {
    const known = Object.entries(KNOWN_SPILLS).flatMap(([family, list]) => Object.entries(list).map((one) => [family, ...one] as const));
    const recorded = (family: string, name: string) =>
      Math.max(0, ...Object.values(kernels[family] ?? {}).map(({ kernel, hotSpills }) => (kernel === name ? hotSpills : 0)));
    expect(known.filter(([family, kernel, spills]) => recorded(family, kernel) !== spills)).toEqual([]);
    expect(known.reduce((sum, [, , spills]) => sum + spills, 0)).toBeLessThanOrEqual(773);
  });

  test.each(GOALS)('estimates %s on %s, where the fastest peer takes %d ms, %d times faster', (network, family, peer, ratio) => {
    expect(peer / estimate(network, 'f32', family)).toBeGreaterThanOrEqual(ratio);
  });

  // f16 values save bytes. If that saves no time, conversions must not cost more than the model can tell.
  test.each(FAMILIES.map(({ family }) => family))('estimates f16 to be no slower than f32 on %s', (family) => {
    for (const network of NETWORKS) expect(estimate(network, 'f16', family) / estimate(network, 'f32', family)).toBeLessThan(1.05);
  });

  test('is of all networks', () => {
    expect(Object.keys(networks)).toEqual(PRECISIONS.flatMap((precision) => NETWORKS.map((network) => `${network} ${precision}`)));
  });
});
