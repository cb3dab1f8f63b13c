/** Inputs are read when a call is made. Changing them before the call's turn has no effect. */
import { type ImageSource, loadModel, type Model } from '../../src/index.ts';
import type { BrowserCase, Context, List } from '../harness/case.ts';

const [WIDTH, HEIGHT] = [37, 23];

/** Opaque, and different everywhere, so that a shift or a rotation is noticed. */
function pixels(seed: number): ImageData {
  const data = Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (Math.imul(i + seed, 0x9e3779b1) >>> 13) & 255,
  );
  return new ImageData(data, WIDTH, HEIGHT);
}

function paint(canvas: HTMLCanvasElement | OffscreenCanvas, seed: number): void {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  context?.putImageData(pixels(seed), 0, 0);
}

function canvasOf(seed: number): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  paint(canvas, seed);
  return canvas;
}

async function imageOf(seed: number): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = canvasOf(seed).toDataURL();
  await image.decode();
  return image;
}

/** Makes a picture of seed 1, and a function that changes it right after it was passed. */
type Spoil = () => Promise<[ImageSource, () => void]>;

const spoils: Record<string, Spoil> = {
  'a canvas that is painted over': async () => {
    const canvas = canvasOf(1);
    return [canvas, () => paint(canvas, 2)];
  },
  'an OffscreenCanvas that is painted over': async () => {
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    paint(canvas, 1);
    return [canvas, () => paint(canvas, 2)];
  },
  'a canvas of another size afterwards': async () => {
    const canvas = canvasOf(1);
    return [canvas, () => Object.assign(canvas, { width: 5, height: 5 })];
  },
  'an ImageBitmap that is closed': async () => {
    const bitmap = await createImageBitmap(pixels(1));
    return [bitmap, () => bitmap.close()];
  },
  'an ImageBitmap that is transferred': async () => {
    const bitmap = await createImageBitmap(pixels(1));
    return [bitmap, () => structuredClone(bitmap, { transfer: [bitmap] }).close()];
  },
  'a VideoFrame that is closed': async () => {
    const frame = new VideoFrame(canvasOf(1), { timestamp: 0 });
    return [frame, () => frame.close()];
  },
  'an <img> that gets another address': async () => {
    const image = await imageOf(1);
    const other = canvasOf(2).toDataURL();
    return [image, () => Object.assign(image, { src: other })];
  },
  'an ImageData that is written over': async () => {
    const data = pixels(1);
    return [data, () => data.data.fill(9)];
  },
  'an array that is transferred': async () => {
    const { data } = pixels(1);
    return [{ data, width: WIDTH, height: HEIGHT }, () => structuredClone(data, { transfer: [data.buffer] })];
  },
};

export const list: List = async (context) => {
  const named = (name: string, run: BrowserCase['run']): BrowserCase => ({ name: `taken/${name}`, run });
  return [
    ...Object.entries(spoils).map(([name, spoil]) => named(name, () => withModel(context, (model) => checkSpoiled(model, spoil)))),
    named('runs on one array that is filled anew, and transferred', () => withModel(context, checkArray)),
    named('arrays of an iframe', () => withModel(context, checkIframe)),
    named('the image that failed is named', () => withModel(context, checkNames)),
  ];
};

async function withModel<T>({ device }: Context, use: (model: Model) => Promise<T>): Promise<T> {
  const preprocess = { resize: null, crop: null, mean: [0, 0, 0], std: [1, 1, 1] };
  const model = await loadModel({ arch: 'cifar_resnet20', weights: { random: 1 }, preprocess }, { device });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

/** Alone, as the first call of a model, and after others in a batch. */
async function checkSpoiled(model: Model, spoil: Spoil): Promise<undefined> {
  const wanted = pixels(1).data.filter((_, i) => i % 4 !== 3);
  const [alone, change] = await spoil();
  const running = model.preprocess(alone);
  change();
  const { data, shape } = await running;
  if (shape.join() !== `1,3,${HEIGHT},${WIDTH}`) throw new Error(`the shape is ${shape}`);
  const area = WIDTH * HEIGHT;
  const wrong = wanted.findIndex((byte, i) => byte !== data[(i % 3) * area + Math.floor(i / 3)]);
  if (wrong >= 0) throw new Error(`byte ${wrong} is of another picture`);
  const [expected] = await model.classify(pixels(1), { topK: 1 });
  const others = [3, 4, 5].map(pixels);
  const [second, changeAgain] = await spoil();
  const busy = others.map((other) => model.classify(other));
  const batch = model.classify([...others, second], { topK: 1 });
  changeAgain();
  const best = (await batch).at(-1)?.[0];
  await Promise.all(busy);
  if (best?.index !== expected?.index || Math.abs((best?.probability ?? 0) - (expected?.probability ?? 1)) > 1e-6) {
    throw new Error(
      `in a batch it is class ${best?.index} with ${best?.probability}, alone ${expected?.index} with ${expected?.probability}`,
    );
  }
  return undefined;
}

const shape = [1, 3, 32, 32];
const values = (seed: number, make = Float32Array) => make.from({ length: 3072 }, (_, i) => Math.sin(i * seed));

async function checkArray(model: Model): Promise<undefined> {
  const logits = async (data: Float32Array) => String((await model.run({ data, shape })).logits?.data);
  const wanted: string[] = [];
  for (let seed = 1; seed <= 5; seed++) wanted.push(await logits(values(seed)));
  const array = new Float32Array(3072);
  const running = wanted.map((_, i) => {
    array.set(values(i + 1));
    return logits(array);
  });
  structuredClone(array, { transfer: [array.buffer] });
  const seen = (await Promise.all(running)).map((text) => wanted.indexOf(text));
  if (String(seen) !== '0,1,2,3,4') throw new Error(`the runs saw the frames ${seen}`);
  const error = await logits(array).catch((error: Error) => error.message);
  if (!/has 0 values/.test(error)) throw new Error(`a transferred array gives ${error}`);
  return undefined;
}

async function checkIframe(model: Model): Promise<undefined> {
  const frame = document.body.appendChild(document.createElement('iframe'));
  try {
    const { Float32Array: Theirs, Uint8Array: Bytes } = frame.contentWindow as unknown as typeof globalThis;
    if (Theirs === Float32Array) throw new Error('the iframe has the same classes');
    const [theirs, ours] = await Promise.all([values(1, Theirs), values(1)].map((data) => model.run({ data, shape })));
    if (!ours?.logits || String(theirs?.logits?.data) !== String(ours.logits.data)) throw new Error('other logits');
    await model.classify({ data: new Bytes(12), width: 2, height: 2 });
  } finally {
    frame.remove();
  }
  return undefined;
}

async function checkNames(model: Model): Promise<string> {
  const bad: [ImageSource, RegExp][] = [
    [new Blob(['no image']), /^\[images\[1\]\] The file does not decode \(8 bytes/],
    [{ data: new Uint8Array(5), width: 1, height: 1 }, /^\[images\[1\]\] 5 bytes do not fit 1x1 pixels\. Pass 3 bytes/],
    ['/test/nowhere.png', /^\[images\[1\]: \/test\/nowhere\.png\] The image did not arrive: HTTP 404\. Check/],
  ];
  const texts: string[] = [];
  for (const [image, text] of bad) {
    const message = await model.classify([pixels(1), image, pixels(2)]).then(String, (error: Error) => error.message);
    if (!text.test(message)) throw new Error(message);
    texts.push(message);
  }
  return texts.join(' ');
}
