/** Whether two networks with the same shapes compute the same. */
import type { Graph } from '../graph/types.ts';

const WINDOWS = new Set(['conv2d', 'max_pool2d', 'avg_pool2d', 'blur_pool']);

/** Strides, padding and dilation leave no trace in a state dict. Lists the window of every convolution and pooling up to the last map. */
export function sameWindows(a: Graph, b: Graph): boolean {
  return windows(a) === windows(b);
}

function windows({ nodes }: Graph): string {
  return JSON.stringify(
    nodes.flatMap(({ op, attributes, shape }) => (WINDOWS.has(op) && shape.length === 4 ? [[op, attributes, shape]] : [])),
  );
}
