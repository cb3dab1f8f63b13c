/** From picture to label: compares resizing and normalising with plain JavaScript, and the ranking with a sort. */

import { preprocessReference } from '../../src/image/resample.reference.ts';
import { buildGraph, loadModel, type Preprocess, type RawImage } from '../../src/index.ts';
import { type CheckOptions, type Compared, relativeError } from './check.ts';
import { seededCheckpoint } from './weights.ts';

const ARCH = { type: 'CifarResNet', depth: 8, shortcut: 'A', num_classes: 10 };
const PREPROCESS: Preprocess = {
  resize: { size: 40, edge: 'short', filter: 'bicubic', kernel: 'pillow' },
  crop: 32,
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  order: 'rgb',
};

/** Levels are integers of 255. Floats that represent them are off by at most a rounding. */
const TOLERANCE = 1e-6;
const RANKED = 3;

/** Waves of several lengths, opaque: with edges and flat parts, and different in all channels. */
export function testPicture(width = 97, height = 61): RawImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      data[at] = 128 + 120 * Math.sin(x / 3 + y / 17);
      data[at + 1] = (x * 7 + y * 3) % 256;
      data[at + 2] = (x >> 3) % 2 === (y >> 3) % 2 ? 20 : 235;
      data[at + 3] = 255;
    }
  }
  return { data, width, height };
}

export async function checkPhoto({ device, precision, signal }: CheckOptions): Promise<Compared[]> {
  const weights = seededCheckpoint(buildGraph(ARCH, [1, 3, 32, 32]), 7);
  const model = await loadModel({ arch: ARCH, weights, preprocess: PREPROCESS }, { device, precision, signal });
  try {
    const picture = testPicture();
    const expected = preprocessReference(picture, model.info.preprocess);
    const compared: Compared[] = [];
    const compare = (name: string, kernel: string, error: number, allowed = TOLERANCE) =>
      compared.push({ name, kernel, error, pass: error <= allowed });
    const input = await model.preprocess(picture);
    compare('pixels of an array', 'image-rows, image-columns', relativeError(input, expected));
    compare('pixels of a canvas', 'image-rows, image-columns', relativeError(await model.preprocess(onCanvas(picture)), expected));
    const { logits } = await model.run(input, { logits: true, signal });
    const ranked = await model.classify(picture, { topK: RANKED, signal });
    const wanted = softmax(logits?.data ?? new Float32Array());
    const off = ranked.map(({ index, probability }, rank) => {
      const [at, share] = wanted[rank] ?? [-1, Number.NaN];
      return at === index ? Math.abs(probability - share) : Number.POSITIVE_INFINITY;
    });
    compare('the three most probable classes', 'top-k', ranked.length === RANKED ? Math.max(...off) : Number.NaN);
    return compared;
  } finally {
    model.dispose();
  }
}

function onCanvas({ data, width, height }: RawImage): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  return canvas;
}

/** Classes with their probabilities, the most probable first. */
function softmax(logits: Float32Array): [index: number, probability: number][] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return [...powers.entries()].map(([i, power]): [number, number] => [i, power / sum]).sort((a, b) => b[1] - a[1]);
}
