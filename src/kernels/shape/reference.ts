import { inferShape } from '../../graph/ops.ts';
import { fill, input, type Reference, reader, size4 } from '../lib/reference-common.ts';

export const slice: Reference<'slice'> = (a, inputs) => {
  const x = input(inputs);
  const [n, , h, w] = size4(x.shape);
  const read = reader(x);
  return fill([n, a.length, h, w], (i, c, y, x) => read(i, c + a.start, y, x));
};

export const concat: Reference<'concat'> = (a, inputs) => {
  const shape = inferShape.concat(
    a,
    inputs.map((x) => x.shape),
    'reference',
  );
  const sources = inputs.flatMap((x) => {
    const read = reader(x);
    return Array.from({ length: x.shape[1] ?? 0 }, (_, c) => ({ read, c }));
  });
  return fill(shape, (n, c, y, x) => sources[c]?.read(n, sources[c].c, y, x) ?? Number.NaN);
};

export const concatBatch: Reference<'concat_batch'> = (a, inputs) => {
  const shape = inferShape.concat_batch(
    a,
    inputs.map((x) => x.shape),
    'reference',
  );
  const data = new Float32Array(inputs.reduce((sum, x) => sum + x.data.length, 0));
  let to = 0;
  for (const x of inputs) {
    data.set(x.data, to);
    to += x.data.length;
  }
  return { data, shape };
};

export const reshape: Reference<'reshape'> = (a, inputs) => ({ data: input(inputs).data.slice(), shape: [...a.shape] });
