import { expect, it } from 'vitest';
import { Pace } from '../util/pace.ts';
import { compact } from './compact.ts';
import { approximateLogits, exactLogits } from './leave-one-out.ts';
import { cosine, ofNeighbours, sharpnessOf, softmax, sumsOf, toMeans, unit } from './nearest.ts';
import { type Examples, fitSoftmax, logitsOf, softmaxRows } from './regression.ts';
import { scalingOf, standardized } from './scaling.ts';
import { leftOut, trainHead } from './train.ts';

/** Two features separate the classes, the others are noise. */
function blobs(n: number, width: number, classes: number) {
  let seed = 1;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  const classOf = Int32Array.from({ length: n }, (_, i) => i % classes);
  const rows = Array.from(classOf, (c) =>
    Float32Array.from({ length: width }, (_, k) => 5 + (k % classes === c && k < 2 * classes ? 0.7 : 0) + random()),
  );
  return { rows, classOf, classes };
}

function examples({ rows, classOf, classes }: ReturnType<typeof blobs>): Examples {
  const width = rows[0]?.length ?? 0;
  return { rows: Float64Array.from(rows.flatMap((row) => [...row.map((x) => x - 5)])), width, classOf, classes };
}

const fitted = async (set: Examples, penalty: number) => {
  const parameters = new Float64Array((set.width + 1) * set.classes);
  await fitSoftmax(set, penalty, parameters, new Pace());
  return parameters;
};

it('ends where the gradient is nothing: no small step lowers the loss', async () => {
  const set = examples(blobs(30, 6, 3));
  const parameters = await fitted(set, 0.1);
  const loss = (at: Float64Array) =>
    softmaxRows(logitsOf(set, at), 3, set.classOf) / 30 + 0.05 * at.subarray(0, 18).reduce((sum, w) => sum + w * w, 0);
  const least = loss(parameters);
  for (let i = 0; i < parameters.length; i++) {
    for (const step of [1e-3, -1e-3]) expect(loss(parameters.map((w, k) => (k === i ? w + step : w)))).toBeGreaterThan(least - 1e-9);
  }
});

it('leaves one out approximately as exactly', async () => {
  const set = examples(blobs(30, 6, 3));
  for (const penalty of [3, 1, 0.1]) {
    const parameters = await fitted(set, penalty);
    const [near, exact] = [
      await approximateLogits(set, penalty, parameters, new Pace()),
      await exactLogits(set, penalty, parameters, new Pace()),
    ];
    const loss = (logits: Float64Array) => softmaxRows(logits.slice(), 3, set.classOf) / 30;
    expect(loss(near) / loss(exact)).toBeGreaterThan(0.93);
    expect(loss(near) / loss(exact)).toBeLessThan(1.07);
    // It must not only equal the fit.
    expect(loss(exact) / loss(logitsOf(set, parameters))).toBeGreaterThan(1.05);
  }
});

it('tells its examples apart with more features than examples, and with fewer', async () => {
  const wide = blobs(20, 40, 2);
  const tall = {
    ...wide,
    rows: wide.rows.concat(wide.rows, wide.rows),
    classOf: Int32Array.from([...wide.classOf, ...wide.classOf, ...wide.classOf]),
  };
  const [once, again] = [await trainHead(wide), await trainHead(tall)];
  const said = (head: { weight: Float32Array; bias: Float32Array }) =>
    wide.rows.map((row) => head.bias.map((shift, c) => shift + cosine(head.weight.subarray(c * 40, (c + 1) * 40), row)));
  for (const head of [once, again]) {
    expect(head.penalty).toBeGreaterThan(0);
    expect(said(head).map((logits) => logits.indexOf(Math.max(...logits)))).toEqual([...wide.classOf]);
  }
});

it('tells what it would say of examples that it has not seen, and stops when asked to', async () => {
  const set = blobs(30, 12, 3);
  const { said, exact } = await leftOut(set, 0.1);
  expect(exact).toBe(true);
  expect([...said].filter((c, i) => c === set.classOf[i]).length).toBeGreaterThan(20);
  await expect(trainHead(blobs(400, 60, 10), AbortSignal.timeout(1))).rejects.toMatchObject({ code: 'aborted' });
});

it('compacts many features to as many as examples, with the same logits', async () => {
  const { rows, classOf, classes } = blobs(12, 30, 3);
  const z = standardized(rows, scalingOf(rows, 30));
  const { rows: small, width, expand } = await compact(z, 12, 30, new Pace());
  expect(width).toBe(12);
  const parameters = await fitted({ rows: small, width, classOf, classes }, 0.1);
  const wide = await fitted({ rows: z, width: 30, classOf, classes }, 0.1);
  const logits = logitsOf({ rows: z, width: 30, classOf, classes }, expand(parameters, 3));
  const expected = logitsOf({ rows: z, width: 30, classOf, classes }, wide);
  for (const [i, logit] of logits.entries()) expect(Math.abs(logit - (expected[i] ?? 0))).toBeLessThan(2e-3);
});

it('a feature that never changes has no say', async () => {
  const { rows, ...rest } = blobs(20, 6, 2);
  for (const row of rows) row[5] = 3;
  const { weight } = await trainHead({ rows, ...rest });
  expect([weight[5], weight[11]]).toEqual([0, 0]);
});

it('nearest means leave an example out, and neighbours vote by likeness', () => {
  const examples = [[unit([1, 0.1]), unit([1, -0.1])], [unit([0, 1])], []];
  const sums = sumsOf(examples, 2);
  const counts = [2, 1, 0];
  const all = toMeans(unit([1, 0]), sums, counts);
  expect(all[0]).toBeCloseTo(1, 6);
  expect(all[2]).toBe(-1);
  expect(toMeans(unit([0, 1]), sums, counts, 1)[1]).toBe(-1);
  expect(toMeans(unit([1, 0.1]), sums, counts, 0)[0]).toBeCloseTo(cosine(unit([1, 0.1]), unit([1, -0.1])), 6);
  const votes = ofNeighbours(unit([1, 0]), examples, 2, sharpnessOf(examples, sums));
  expect(votes).toEqual([1, 0, 0]);
  expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
});
