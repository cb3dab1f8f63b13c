import { describe, expect, it } from 'vitest';
import { exampleTable } from '../bench/example-report.ts';
import { layerDots, networkDots, roofAt, roofLine } from './roofline.ts';

const peaks = { gflops: 1000, gigabytesPerSecond: 100 };

describe('the roof', () => {
  it('rises with the bandwidth and ends at the peak', () => {
    expect([1, 10, 100].map((x) => roofAt(peaks, x))).toEqual([100, 1000, 1000]);
    expect(roofLine(peaks, 1, 100)).toEqual([
      { x: 1, y: 100 },
      { x: 10, y: 1000 },
      { x: 100, y: 1000 },
    ]);
    expect(roofLine(peaks, 20, 100)).toHaveLength(2);
  });
});

describe('the dots', () => {
  it('stand where work, traffic and time put them', () => {
    const [dot] = layerDots(exampleTable(), peaks);
    // 2000 operations over 400 bytes in 10 µs, under a roof of 500 GFLOP/s.
    expect(dot).toMatchObject({ x: 5, y: 0.2 });
    expect(dot?.label).toContain('0 % of the roof');
  });

  it('leave out what computes or moves nothing', () => {
    const layers = [
      { name: 'pool', kernel: 'pool', variant: '', macs: 0, us: 10, bytes: 400 },
      { name: 'odd', kernel: 'conv', variant: '', macs: 10, us: 10, bytes: 0 },
      { name: 'fast', kernel: 'conv', variant: '', macs: 10, us: 0, bytes: 400 },
    ];
    expect(layerDots(exampleTable({ layers: { estimated: false, layers } }), peaks)).toEqual([]);
  });

  it('show networks on WebGPU, by wall time', () => {
    const dots = networkDots(exampleTable());
    expect(dots.map(({ id }) => id)).toEqual(['ours', 'ort-webgpu', 'tfjs-webgpu']);
    expect(dots[0]?.y).toBeCloseTo((2 * 1_814_073_344) / 0.011 / 1e9, 6);
    expect(networkDots(exampleTable({ layers: undefined }))).toEqual([]);
  });
});
