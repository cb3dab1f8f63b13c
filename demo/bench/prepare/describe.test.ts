import { describe, expect, it } from 'vitest';
import { buildGraph } from '../../../src/arch/graph.ts';
import { makePlan } from '../../../src/plan/plan.ts';
import { layerCosts, memoryMap, withTraffic } from './describe.ts';
import { repeatRows } from './network.ts';

const graph = buildGraph('resnet18', [1, 3, 224, 224]);
const plan = makePlan(graph, {
  precision: 'f32',
  profile: { name: 'unknown', computeUnits: 16 },
  outputs: graph.outputs.flatMap(({ kind, node }) => (kind === 'logits' ? [node] : [])),
  maxBufferBytes: 2 ** 28,
});

describe('layerCosts', () => {
  const costs = layerCosts(graph);

  it('are the graph’s multiply-adds', () => {
    expect(costs.reduce((sum, { macs }) => sum + macs, 0)).toBe(graph.macs);
  });

  it('count input, weights and output of a layer once', () => {
    expect(costs.find(({ name }) => name === 'conv1')?.bytes).toBe(4 * (3 * 224 * 224 + 64 * 3 * 7 * 7 + 64 * 112 * 112));
  });

  it('know every layer that computes', () => {
    const names = new Set(costs.map(({ name }) => name));
    expect(plan.steps.filter(({ layer, macs }) => macs > 0 && !names.has(layer))).toEqual([]);
  });
});

describe('withTraffic', () => {
  it('counts a layer of two dispatches once', () => {
    const steps = [{ name: 'a' }, { name: 'b' }, { name: 'b' }, { name: 'gap' }];
    const costs = [
      { name: 'a', macs: 1, bytes: 10 },
      { name: 'b', macs: 1, bytes: 20 },
    ];
    expect(withTraffic(steps, costs).map(({ bytes }) => bytes)).toEqual([10, 20, 0, 0]);
  });
});

describe('memoryMap', () => {
  const map = memoryMap(plan);

  it('keeps blocks inside of their buffers, and apart while they are alive', () => {
    expect(map.blocks.length).toBeGreaterThan(10);
    for (const a of map.blocks) {
      expect(a.offset + a.bytes).toBeLessThanOrEqual(map.buffers[a.buffer] ?? 0);
      for (const b of map.blocks) {
        const together = a.first <= b.last && b.first <= a.last;
        const overlap = a.buffer === b.buffer && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
        expect(a !== b && together && overlap, `${a.name} and ${b.name}`).toBe(false);
      }
    }
  });

  it('needs at least what is alive, and holds all weights', () => {
    const total = map.buffers.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThanOrEqual(map.liveBytes);
    // The stem's output, 64 channels of 112x112, is alive together with the pooled one.
    expect(map.liveBytes).toBeGreaterThanOrEqual(4 * 64 * 112 * 112);
    expect(map.weightBytes).toBeGreaterThanOrEqual(4 * 11_000_000);
  });
});

describe('repeatRows', () => {
  it('begins again where they run out', () => {
    expect([...repeatRows(Float32Array.of(1, 2, 3, 4), 2, 3)]).toEqual([1, 2, 3, 4, 1, 2]);
    expect([...repeatRows(Float32Array.of(1, 2, 3, 4), 2, 1)]).toEqual([1, 2]);
  });
});
