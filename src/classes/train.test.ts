import { expect, it } from 'vitest';
import { Pace } from '../util/pace.ts';
import { compact } from './compact.ts';
import { approximateLogits } from './leave-one-out.ts';
import { cosine, ofNeighbours, sharpnessOf, softmax, sumsOf, toMeans, unit } from './nearest.ts';
import { balanced, type Examples, fitSoftmax, logitsOf, softmaxRows } from './regression.ts';
import { scalingOf, standardized } from './scaling.ts';
import { leftOut, trainHead } from './train.ts';
import { whiten } from './whiten.ts';

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
  const centred = Float64Array.from(rows.flatMap((row) => [...row.map((x) => x - 5)]));
  return { rows: centred, width, classOf, classes, weights: balanced(classOf, classes) };
}

const fitted = async (set: Examples, penalty: number) => {
  const parameters = new Float64Array((set.width + 1) * set.classes);
  await fitSoftmax(set, penalty, parameters, new Pace());
  return parameters;
};

it('ends where the gradient is nothing: no small step lowers the loss', async () => {
  const set = examples(blobs(30, 6, 3));
  const parameters = await fitted(set, 0.1);
  const loss = (at: Float64Array) => softmaxRows(logitsOf(set, at), set) + 0.05 * at.subarray(0, 18).reduce((sum, w) => sum + w * w, 0);
  const least = loss(parameters);
  for (let i = 0; i < parameters.length; i++) {
    for (const step of [1e-3, -1e-3]) expect(loss(parameters.map((w, k) => (k === i ? w + step : w)))).toBeGreaterThan(least - 1e-9);
  }
});

it('leaves one out approximately as exactly', async () => {
  const set = examples(blobs(30, 6, 3));
  for (const penalty of [3, 1, 0.1]) {
    const parameters = await fitted(set, penalty);
    const near = await approximateLogits(set, penalty, parameters, new Pace());
    const exact = new Float64Array(near.length);
    for (let i = 0; i < 30; i++) {
      const row = set.rows.subarray(i * set.width, (i + 1) * set.width);
      const others = {
        ...set,
        rows: set.rows.filter((_, at) => Math.floor(at / set.width) !== i),
        classOf: set.classOf.filter((_, at) => at !== i),
        weights: set.weights.filter((_, at) => at !== i),
      };
      exact.set(logitsOf({ ...set, rows: row, classOf: set.classOf.subarray(i, i + 1) }, await fitted(others, penalty)), 3 * i);
    }
    const loss = (logits: Float64Array) => softmaxRows(logits.slice(), set);
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
  const weights = balanced(classOf, classes);
  const parameters = await fitted({ rows: small, width, classOf, classes, weights }, 0.1);
  const wide = await fitted({ rows: z, width: 30, classOf, classes, weights }, 0.1);
  const logits = logitsOf({ rows: z, width: 30, classOf, classes }, expand(parameters, 3));
  const expected = logitsOf({ rows: z, width: 30, classOf, classes }, wide);
  for (const [i, logit] of logits.entries()) expect(Math.abs(logit - (expected[i] ?? 0))).toBeLessThan(2e-3);
});

it('weighs every class alike, however many examples it has', () => {
  const weights = balanced(Int32Array.from([0, 0, 0, 2]), 3);
  expect([...weights]).toEqual([1 / 6, 1 / 6, 1 / 6, 1 / 2]);
});

it('leaves parts out where there are many examples, and still learns nothing from what is left out', async () => {
  const { rows, classOf } = blobs(300, 40, 10);
  // No feature knows these classes.
  const shuffled = { rows, classOf: Int32Array.from(classOf, (_, i) => Math.floor(i / 30)), classes: 10 };
  const { said, exact } = await leftOut(shuffled, 0.1);
  expect(exact).toBe(false);
  expect(said.filter((c, i) => c === shuffled.classOf[i]).length).toBeLessThan(60);
  const known = await leftOut({ rows, classOf, classes: 10 }, 0.1);
  expect(known.said.filter((c, i) => c === classOf[i]).length).toBeGreaterThan(180);
});

it('a feature that never changes has no say', async () => {
  const { rows, ...rest } = blobs(20, 6, 2);
  for (const row of rows) row[5] = 3;
  const { weight } = await trainHead({ rows, ...rest });
  for (const own of [weight[5], weight[11]]) expect(Math.abs(own ?? 1)).toBeLessThan(1e-12);
});

it('a feature that varies a hundred times as much drowns no other', async () => {
  const { rows, ...rest } = blobs(60, 12, 2);
  rows.forEach((row, i) => {
    row[11] = 100 * Math.sin(i * i);
  });
  const { weight } = await trainHead({ rows, ...rest });
  // Feature 0 tells the classes apart.
  expect(Math.abs(weight[0] ?? 0)).toBeGreaterThan(100 * Math.abs(weight[11] ?? 0));
  const { said } = await leftOut({ rows, ...rest }, 0.3);
  expect(said.filter((c, i) => c === rest.classOf[i]).length).toBeGreaterThan(50);
});

it.each([
  [12, 30],
  [30, 12],
])('whitens %i rows of %i features: divided by their shrunk covariance, with weights for the rows as they were', async (n, d) => {
  const { rows } = blobs(n, d, 3);
  const z = standardized(rows, scalingOf(rows, d));
  const { rows: white, width, expand } = await whiten(await compact(z, n, d, new Pace()), n, new Pace());
  // What divides: 0.9 on the diagonal, and a tenth of the covariance.
  const covariance = Array.from({ length: d }, (_, k) =>
    Array.from({ length: d }, (_, j) => {
      let sum = k === j ? 0.9 : 0;
      for (let i = 0; i < n; i++) sum += (0.1 / n) * (z[i * d + k] as number) * (z[i * d + j] as number);
      return sum;
    }),
  );
  const row = (of: Float64Array, i: number, length: number) => [...of.subarray(i * length, (i + 1) * length)];
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, k) => sum + x * (b[k] ?? 0), 0);
  // The weights that give the inner products with a whitened row, as logits of one class.
  for (const i of [0, n - 1]) {
    const weights = expand(Float64Array.from([...row(white, i, width), 0]), 1).subarray(0, d);
    const undone = covariance.map((line) => dot(line, [...weights]));
    for (const [k, x] of row(z, i, d).entries()) expect(undone[k]).toBeCloseTo(x, 4);
    for (const other of [1, n - 2]) {
      expect(dot(row(z, other, d), [...weights])).toBeCloseTo(dot(row(white, other, width), row(white, i, width)), 5);
    }
  }
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
