import { inferShape } from '../../graph/ops.ts';
import { fill, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const shortcutA: Reference<'shortcut_a'> = (a, inputs) => {
  const x = input(inputs);
  const [, c] = size4(x.shape);
  const before = a.before ?? Math.floor((a.outChannels - c) / 2);
  const read = reader(x);
  return fill(inferShape.shortcut_a(a, [x.shape], 'reference'), (n, k, y, x) => {
    const from = k - before;
    return from >= 0 && from < c ? read(n, from, y * a.stride[0], x * a.stride[1]) : 0;
  });
};
