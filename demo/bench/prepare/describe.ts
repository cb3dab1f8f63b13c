/** Facts about a network that need no run: cost and traffic of its layers, and its memory layout. Pure. */

import { product } from '../../../src/graph/shape.ts';
import type { Graph, GraphNode } from '../../../src/graph/types.ts';
import type { Plan } from '../../../src/plan/types.ts';

export interface LayerCost {
  name: string;
  macs: number;
  /** Its inputs, weights and output once each, in float32: the bytes to be moved if nothing stays in a cache. */
  bytes: number;
}

export function layerCosts(graph: Graph): LayerCost[] {
  const shapes = new Map(graph.nodes.map(({ name, shape }) => [name, shape] as const));
  return graph.nodes
    .filter(({ op }) => op !== 'input')
    .map((node) => {
      const inputs = node.inputs.reduce((sum, name) => sum + product(shapes.get(name) ?? [0]), 0);
      return { name: node.name, macs: node.macs, bytes: 4 * (inputs + weightCount(node) + product(node.shape)) };
    });
}

function weightCount({ weights }: GraphNode): number {
  return Object.values(weights).reduce((sum, spec) => sum + (spec ? product(spec.shape) : 0), 0);
}

/** Assigns each layer's traffic to its dispatch. If a layer has several, the first one gets all of it, because it does the arithmetic. */
export function withTraffic<Step extends { name: string }>(
  steps: readonly Step[],
  costs: readonly LayerCost[],
): (Step & { bytes: number })[] {
  const left = new Map(costs.map(({ name, bytes }) => [name, bytes] as const));
  return steps.map((step) => {
    const bytes = left.get(step.name) ?? 0;
    left.delete(step.name);
    return { ...step, bytes };
  });
}

/** A range of memory over a range of steps. */
export interface MemoryBlock {
  name: string;
  /** Index into `buffers`. */
  buffer: number;
  offset: number;
  bytes: number;
  first: number;
  last: number;
}

export interface MemoryMap {
  /** Bytes of each buffer that activations share. */
  buffers: number[];
  steps: number;
  blocks: MemoryBlock[];
  /** The most bytes that are alive at the same time. No plan can use less. */
  liveBytes: number;
  weightBytes: number;
}

export function memoryMap(plan: Plan): MemoryMap {
  // Views of the same memory (the parts of a concat) are one block.
  const blocks = new Map<string, MemoryBlock>();
  for (const { name, storage, live } of plan.tensors) {
    if (storage.pool !== 'arena') continue;
    const key = `${storage.index} ${storage.byteOffset} ${storage.byteLength} ${live.join(' ')}`;
    if (blocks.has(key)) continue;
    const { index, byteOffset, byteLength } = storage;
    blocks.set(key, { name, buffer: index, offset: byteOffset, bytes: byteLength, first: live[0], last: live[1] });
  }
  const all = [...blocks.values()];
  const alive = plan.steps.map((_, step) =>
    all.reduce((sum, { first, last, bytes }) => sum + (first <= step && step <= last ? bytes : 0), 0),
  );
  return {
    buffers: [...plan.arena],
    steps: plan.steps.length,
    blocks: all,
    liveBytes: Math.max(0, ...alive),
    weightBytes: plan.weights.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
