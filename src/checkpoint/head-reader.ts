/** The head behind a trunk: from tensors of any names to the configuration of a neck and a head. */

import type { HeadContext, HeadReading, ReadHead } from './reading.ts';
import type { CheckpointTensor } from './types.ts';

/** One linear layer on the pooled features, or none. */
export const readHead: ReadHead = ({ tensors, width }: HeadContext): HeadReading => {
  const linear = [...tensors].filter(([path, { shape }]) => path.endsWith('weight') && shape.length === 2);
  const [only] = linear;
  const classes = only?.[1].shape[0];
  if (linear.length !== 1 || only === undefined || only[1].shape[1] !== width || !classes) {
    const problem = linear.length ? `a head is not understood: ${[...tensors.keys()].slice(0, 8).join(', ')}` : undefined;
    return { tensors: new Map(), used: [], text: 'none', assumed: [], problem };
  }
  const [path, weight] = only;
  const biasPath = path.replace(/weight$/, 'bias');
  const bias = tensors.get(biasPath);
  const found = new Map<string, CheckpointTensor>([['head.fc.weight', weight]]);
  if (bias) found.set('head.fc.bias', bias);
  return {
    config: { neck: { type: 'GlobalAveragePooling' }, head: { type: 'LinearClsHead', num_classes: classes } },
    classes,
    tensors: found,
    used: bias ? [path, biasPath] : [path],
    text: `${path.replace(/\.?weight$/, '')}: Linear ${width} > ${classes}`,
    assumed: [],
  };
};
