/** CIFAR-10 images of test/checkpoints as pixels, and random selections of a few of each class. */
import { readFileSync } from 'node:fs';
import { PNG } from 'pngjs';
import type { RawImage } from '../../src/api/types.ts';
import { cosine, sumsOf, toMeans, unit } from '../../src/classes/nearest.ts';
import { trainHead } from '../../src/classes/train.ts';
import { halfValue } from '../../src/kernels/lib/half.ts';

const FOLDER = 'test/checkpoints/images/cifar10';
const EDGE = 32;

export interface LabelledImage {
  image: RawImage;
  label: number;
}

/** The first 500 images of the test batch. */
export function cifarImages(folder = FOLDER): LabelledImage[] {
  const { data } = PNG.sync.read(readFileSync(`${folder}/test-0000-0499.png`));
  const { labels } = JSON.parse(readFileSync(`${folder}/test-0000-0499.labels.json`, 'utf8')) as { labels: number[] };
  const size = EDGE * EDGE * 4;
  return labels.map((label, i) => ({
    label,
    image: { data: new Uint8Array(data.subarray(i * size, (i + 1) * size)), width: EDGE, height: EDGE },
  }));
}

/** Their embeddings, stored as f16 values in test/classes. */
export function storedRows(name: string, width: number): Float32Array[] {
  const { buffer, byteOffset, byteLength } = readFileSync(`test/classes/${name}.f16`);
  const values = Float32Array.from(new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength)), halfValue);
  return Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

/** {cat, ship, frog}, {dog, truck}, the rest: classes that are not clusters. */
export const merged = (label: number): number => ([3, 8, 6].includes(label) ? 0 : [5, 9].includes(label) ? 1 : 2);

/** Indices of k examples of each class, and of all others. The same seed gives the same selection. */
export function drawExamples(labels: readonly number[], k: number, seed: number): { known: number[]; others: number[] } {
  let state = (seed * 2654435761) >>> 0;
  const random = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const places = labels.map((_, i) => ({ i, key: random() })).sort((a, b) => a.key - b.key);
  const counts = new Map<number, number>();
  const known: number[] = [];
  const others: number[] = [];
  for (const { i } of places) {
    const label = labels[i] as number;
    const count = counts.get(label) ?? 0;
    counts.set(label, count + 1);
    (count < k ? known : others).push(i);
  }
  return { known, others };
}

/** Accuracy on all images that were not drawn, by nearest mean and by the linear head: the mean of several draws. */
export async function accuracies(
  rows: readonly Float32Array[],
  labels: readonly number[],
  k: number,
  draws: number,
): Promise<{ nearest: number; trained: number }> {
  const classes = Math.max(...labels) + 1;
  const sums = { nearest: 0, trained: 0 };
  for (let seed = 1; seed <= draws; seed++) {
    const { known, others } = drawExamples(labels, k, seed);
    const row = (place: number) => rows[place] as Float32Array;
    const classOf = Int32Array.from(known, (place) => labels[place] as number);
    const { weight, bias } = await trainHead({ rows: known.map(row), classOf, classes });
    const units = Array.from({ length: classes }, (_, c) => known.filter((place) => labels[place] === c).map((place) => unit(row(place))));
    const means = sumsOf(units, row(0).length);
    const counts = units.map(({ length }) => length);
    const share = (answer: (x: Float32Array) => ArrayLike<number>) =>
      others.filter((place) => best(answer(row(place))) === labels[place]).length / others.length;
    sums.nearest += share((x) => toMeans(unit(x), means, counts));
    sums.trained += share((x) => bias.map((shift, c) => shift + cosine(weight.subarray(c * x.length, (c + 1) * x.length), x)));
  }
  return { nearest: sums.nearest / draws, trained: sums.trained / draws };
}

function best(values: ArrayLike<number>): number {
  return Array.from(values).reduce((top, value, i, all) => (value > (all[top] as number) ? i : top), 0);
}
