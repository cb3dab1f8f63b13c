/** The parts of heads: pooling, a linear layer, outputs. */
import type { Net } from './layers.ts';
import { linear } from './linear.ts';
import type { Scores } from './scores.ts';

/** Adds pooling and classifier after the last feature map, and registers their outputs. */
export type Head = (net: Net, x: string) => void;

/** From the feature map [n, c, h, w] to [n, c, 1, 1]. */
export type Neck = (net: Net, x: string) => string;

export const globalAveragePooling: Neck = (net, x) => net.b.add('global_avg_pool', 'gap', [x], {});

/** Pools, and ends with one linear layer. */
export function linearHead(classes: number, neck: Neck = globalAveragePooling, bias = true): Head {
  return (net, x) => {
    const pooled = neck(net, x);
    net.b.output({ kind: 'pooled', node: pooled });
    net.b.output({ kind: 'logits', node: linear(net, pooled, 'head.fc', classes, bias) });
  };
}

export interface ClassifierHead {
  head?: Head;
  classes?: number;
  scores: Scores;
}
