/** Published CIFAR-10 checkpoints in their original files, on the first images of the test set. */
import { loadModel, type Tensor } from '../../src/index.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';
import { readNpyTensor } from '../support/npy.ts';

const folder = 'test/checkpoints';
const images = `${folder}/images/cifar10`;
const IMAGES = 500;
const BATCH = 50;
/** According to the manifest: logits within this, and the same winner if the reference's margin is above MARGIN. */
const LOGITS = 1e-3;
const MARGIN = 1e-2;

interface Checkpoint {
  name: string;
  file: string;
  reference: string;
  accuracy: { acc_0_499: number };
  preprocess: { mean: number[]; std: number[] };
}

export const list: List = async (context) => {
  const manifest = await context.json<Checkpoint[]>(`${folder}/manifest.json`);
  return manifest.flatMap((checkpoint, i): BrowserCase[] => {
    const { name } = checkpoint;
    // A batch takes seconds on a CPU. So only one network sees all images, in the browser that is faster at it.
    const short = context.browser === 'firefox' && i === 0 ? IMAGES : BATCH;
    return [
      ...[BATCH, IMAGES].map((count) => ({
        name: `checkpoints/${name} on ${count} images`,
        long: count !== short,
        seconds: 300,
        run: () => checkLogits(context, checkpoint, count),
      })),
      { name: `checkpoints/${name} classifies PNG files`, run: () => checkFiles(context, checkpoint) },
    ];
  });
};

/** The keys tell the network and the kind of shortcut. The file is streamed from its URL. */
function source({ name, file }: Checkpoint) {
  return { arch: `cifar_${name.split('-')[0]}`, weights: new URL(`/${folder}/${file}`, location.href) };
}

async function readReference({ bytes }: Context, { reference }: Checkpoint): Promise<number[][]> {
  const { data, shape } = readNpyTensor(await bytes(`${folder}/${reference}`));
  const width = shape[1] ?? 0;
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

async function checkLogits(context: Context, checkpoint: Checkpoint, count: number): Promise<string> {
  const { labels } = await context.json<{ labels: number[] }>(`${images}/test-0000-0499.labels.json`);
  const expected = await readReference(context, checkpoint);
  const input = await readStrip(context, checkpoint.preprocess);
  const model = await loadModel(source(checkpoint), { device: context.device, batch: BATCH });
  const rows: number[][] = [];
  try {
    for (let start = 0; start < count; start += BATCH) {
      const { logits } = await model.run(slice(input, start, start + BATCH));
      if (logits?.shape.join() !== `${BATCH},10`) throw new Error(`logits have shape [${logits?.shape}]`);
      for (let row = 0; row < BATCH; row++) rows.push([...logits.data.subarray(row * 10, row * 10 + 10)]);
    }
  } finally {
    model.dispose();
  }
  const worst = Math.max(...rows.map((row, i) => compareRow(row, expected[i] ?? [], i)));
  const rightOf = (logits: number[][]) => logits.slice(0, count).filter((row, i) => argmax(row) === labels[i]).length;
  const right = rightOf(rows);
  const wanted = count === IMAGES ? Math.round(checkpoint.accuracy.acc_0_499 * IMAGES) : rightOf(expected);
  if (right !== wanted) throw new Error(`${right} of ${count} images are right, expected ${wanted}`);
  return `${((100 * right) / count).toFixed(1)} % right, logits within ${worst.toExponential(1)}`;
}

/** Largest difference of an image's logits. */
function compareRow(actual: number[], expected: number[], image: number): number {
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
  if (!(worst <= LOGITS)) throw new Error(`image ${image}: logits differ by ${worst}`);
  const [first = 0, second = 0] = expected.toSorted((a, b) => b - a);
  if (first - second > MARGIN && argmax(actual) !== argmax(expected)) throw new Error(`image ${image}: class ${argmax(actual)} wins`);
  return worst;
}

function argmax(row: number[]): number {
  return row.indexOf(Math.max(...row));
}

/** Row k of the PNG is image k, with its 32x32 pixels row by row. */
async function readStrip({ bytes }: Context, { mean, std }: Checkpoint['preprocess']): Promise<Tensor> {
  const file = new Blob([(await bytes(`${images}/test-0000-0499.png`)) as BlobPart], { type: 'image/png' });
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (!canvas) throw new Error('no 2D canvas');
  canvas.drawImage(bitmap, 0, 0);
  const { data: pixels, width, height } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
  const data = new Float32Array(height * 3 * width);
  for (let k = 0; k < height; k++) {
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < width; i++) {
        data[(k * 3 + c) * width + i] = ((pixels[(k * width + i) * 4 + c] ?? 0) / 255 - (mean[c] ?? 0)) / (std[c] ?? 1);
      }
    }
  }
  return { data, shape: [height, 3, 32, 32] };
}

function slice({ data, shape }: Tensor, from: number, to: number): Tensor {
  const size = shape.slice(1).reduce((a, b) => a * b, 1);
  return { data: data.slice(from * size, to * size), shape: [to - from, ...shape.slice(1)] };
}

const files = [
  '0000-cat',
  '0005-frog',
  '0010-airplane',
  '0015-ship',
  '0020-horse',
  '0025-bird',
  '0031-dog',
  '0036-deer',
  '0048-horse',
  '0065-bird',
];

/** From the file to the label: winner and probability must be the reference's, names the data set's. */
async function checkFiles(context: Context, checkpoint: Checkpoint): Promise<string> {
  const expected = await readReference(context, checkpoint);
  const names = await context.json<string[]>(`${folder}/labels/cifar10.json`);
  const blobs = await Promise.all(
    files.map(async (file) => new Blob([(await context.bytes(`${images}/png/test-${file}.png`)) as BlobPart], { type: 'image/png' })),
  );
  const model = await loadModel(source(checkpoint), { device: context.device });
  try {
    const one = await Promise.all(blobs.map((blob) => model.classify(blob, { topK: 3 })));
    const together = await model.classify(blobs, { topK: 3 });
    for (const [i, file] of files.entries()) {
      const row = expected[Number(file.slice(0, 4))] ?? [];
      for (const predictions of [one[i], together[i]]) {
        const best = predictions?.[0];
        if (predictions?.length !== 3 || !best) throw new Error(`${file}: ${predictions?.length} predictions, expected 3`);
        if (best.index !== argmax(row) || best.label !== names[best.index]) throw new Error(`${file}: ${best.label} (${best.index}) wins`);
        const probability = 1 / row.reduce((sum, value) => sum + Math.exp(value - Math.max(...row)), 0);
        if (Math.abs(best.probability - probability) > LOGITS) throw new Error(`${file}: ${best.probability}, expected ${probability}`);
      }
    }
    return `${files.length} files`;
  } finally {
    model.dispose();
  }
}
