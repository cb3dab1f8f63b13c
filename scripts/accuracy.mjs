// Accuracy with a few photos of each class on the network of the tab "Your own classes". It runs everything: from 32x32 images through
// the model's own preprocessing, its 8-bit weights and the GPU to the answers, with enough draws to resolve tenths of a point.
// Needs `npm run build`. Embedding 500 images takes half an hour on a software adapter, so --embeddings stores them in a file. A run
// that was stopped continues from there, and other draws start immediately.
//   node scripts/accuracy.mjs [--draws 20] [--each 5,10,20] [--images 500] [--embeddings FILE] [--merged]
//     [--model FOLDER or FILE]   a converted model or a checkpoint; by default demo/models/imagenet-resnet18
//     [--merged]                 three classes that are not clusters: {cat, ship, frog}, {dog, truck}, the rest
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PNG } from 'pngjs';
import { findIcd } from './lib/browsers.mjs';
import { root } from './lib/setup.mjs';

const { values: options } = parseArgs({
  options: {
    draws: { type: 'string', default: '20' },
    each: { type: 'string', default: '5,10,20' },
    embeddings: { type: 'string' },
    images: { type: 'string', default: '500' },
    merged: { type: 'boolean', default: false },
    model: { type: 'string', default: 'demo/models/imagenet-resnet18' },
  },
});
const draws = Number(options.draws);
const SIZE = 32 * 32 * 4;

process.env.VK_ICD_FILENAMES ??= findIcd('swiftshader') ?? findIcd('lavapipe');
const { create, globals } = await import('webgpu');
Object.assign(globalThis, globals);
/** Kept, because Dawn crashes if it is collected while one of its devices is alive. */
const gpu = create([]);
const device = await (await gpu.requestAdapter())?.requestDevice();
if (!device) throw new Error('no adapter');
const { loadModel } = await import(join(root, 'dist/index.js'));
const { createClassifier } = await import(join(root, 'dist/classes.js'));

const place = resolve(root, options.model);
const paths = statSync(place).isDirectory()
  ? readdirSync(place)
      .filter((name) => /\.(json|bin)$/.test(name))
      .map((name) => join(place, name))
  : [place];
const model = await loadModel({ weights: paths.map((path) => new File([readFileSync(path)], basename(path))) }, { device });

const cifar = join(root, 'test/checkpoints/images/cifar10/test-0000-0499');
const { data } = PNG.sync.read(readFileSync(`${cifar}.png`));
/** @type {number[]} */
const labels = JSON.parse(readFileSync(`${cifar}.labels.json`, 'utf8')).labels.slice(0, Number(options.images));
const classCount = options.merged ? 3 : 10;
/** @param {number} label */
const classOf = (label) => (options.merged ? ([3, 8, 6].includes(label) ? 0 : [5, 9].includes(label) ? 1 : 2) : label);

const kept = await embedded();
/** @typedef {{ label: number, text: string, row: number[] }} Example */
/** Also as base64, the form in which a classifier stores embeddings. @type {Example[]} */
const examples = kept.classes[0].images.slice(0, labels.length).map((/** @type {string} */ text, /** @type {number} */ i) => ({
  label: classOf(labels[i] ?? 0),
  text,
  row: floats(text),
}));

/** A classifier's JSON with the embeddings of all images in one class. */
async function embedded() {
  const file = options.embeddings;
  const all = await createClassifier(model, file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
  const [begun] = all.toJSON().classes;
  for (let i = begun?.images.length ?? 0; i < labels.length; i += 20) {
    const some = labels
      .slice(i, i + 20)
      .map((_, k) => ({ data: new Uint8Array(data.subarray((i + k) * SIZE, (i + k + 1) * SIZE)), width: 32, height: 32 }));
    await all.add('all', some);
    if (file) writeFileSync(file, JSON.stringify(all));
    process.stderr.write(`\r${i + some.length} of ${labels.length} images`);
  }
  process.stderr.write('\n');
  return all.toJSON();
}

/** @param {string} text */
function floats(text) {
  return [...new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)];
}

/** @param {readonly number[]} row */
function unit(row) {
  const length = Math.hypot(...row);
  return row.map((x) => x / length);
}

/** @param {readonly number[]} a @param {readonly number[]} b */
const dot = (a, b) => a.reduce((sum, x, k) => sum + x * (b[k] ?? 0), 0);

/** Takes k images of each class, and returns these and all others. @param {number} k @param {number} seed */
function draw(k, seed) {
  let state = (seed * 2654435761) >>> 0;
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state;
  };
  const shuffled = examples.map((one) => ({ one, key: random() })).sort((a, b) => a.key - b.key);
  /** @type {Example[][]} */
  const known = Array.from({ length: classCount }, () => []);
  /** @type {Example[]} */
  const others = [];
  for (const { one } of shuffled) {
    const own = known[one.label] ?? others;
    (own.length < k ? own : others).push(one);
  }
  return { known, others };
}

/** @param {(row: readonly number[]) => number[]} answer @param {readonly Example[]} asked */
function share(answer, asked) {
  const right = asked.filter(({ row, label }) => {
    const values = answer(row);
    return values.indexOf(Math.max(...values)) === label;
  });
  return right.length / asked.length;
}

for (const k of options.each.split(',').map(Number)) {
  /** @type {number[]} */
  const nearest = [];
  /** @type {number[]} */
  const linear = [];
  for (let seed = 1; seed <= draws; seed++) {
    const { known, others } = draw(k, seed);
    const classes = known.map((own, c) => ({ label: `${c}`, images: own.map(({ text }) => text) }));
    const few = await createClassifier(model, { ...kept, classes });
    await few.train();
    const { head } = few.toJSON();
    const [weight, bias] = [floats(head.weight), floats(head.bias)];
    const width = weight.length / bias.length;
    const lines = bias.map((shift, c) => ({ shift, weights: weight.slice(c * width, (c + 1) * width) }));
    linear.push(share((row) => lines.map(({ shift, weights }) => shift + dot(weights, row)), others));
    const means = known.map((own) => {
      const units = own.map(({ row }) => unit(row));
      return unit(Array.from({ length: width }, (_, j) => units.reduce((sum, row) => sum + (row[j] ?? 0), 0)));
    });
    nearest.push(share((row) => means.map((mean) => dot(mean, row)), others));
  }
  for (const { name, shares } of [
    { name: 'nearest mean', shares: nearest },
    { name: 'linear head', shares: linear },
  ]) {
    const mean = shares.reduce((a, b) => a + b) / draws;
    const deviation = Math.sqrt(shares.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(draws - 1, 1));
    const points = (/** @type {number} */ x) => (100 * x).toFixed(1);
    const noise = `one draw is off by ${points(deviation)}, the mean of five by ${points(deviation / Math.sqrt(5))}`;
    console.log(`${k} a class, ${name}: ${points(mean)} % of the others right (${draws} draws; ${noise})`);
  }
}
model.dispose();
device.destroy();
process.exit(0);
