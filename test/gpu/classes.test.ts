/** Classes of one's own on a trained network: real images, a real checkpoint. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClassesJSON, type Classifier, createClassifier, createIndex } from '../../src/classes/index.ts';
import { loadModel, type Model, type ModelSource, readCheckpoint } from '../../src/index.ts';
import { cifarImages, storedRows } from '../support/cifar.ts';
import { failing } from '../support/failing-device.ts';
import { openNodeDevice } from '../support/node-gpu.ts';
import { corrupting, refusing } from '../support/refusing.ts';

const RESNET20 = readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th');
const cifar = cifarImages();
const images = (label: number, from: number, to: number) =>
  cifar
    .filter((one) => one.label === label)
    .slice(from, to)
    .map(({ image }) => image);
const [cat, ship, truck] = [3, 8, 9];

let device: GPUDevice;
let model: Model;
let few: Classifier;

beforeAll(async () => {
  device = await openNodeDevice();
  model = await loadModel({ weights: new Uint8Array(RESNET20) }, { device });
  few = await createClassifier(model);
  await few.add('cat', images(cat, 0, 10));
  await few.add('ship', images(ship, 0, 10));
  await few.add('truck', images(truck, 0, 10));
});

afterAll(() => model?.dispose());

const open = (source: ModelSource) => loadModel(source, { device, inputSize: [32, 32] });

it('embeds several images as one by one, and as PyTorch does', async () => {
  const rows = await model.embed(cifar.slice(0, 3).map(({ image }) => image));
  expect(rows[2]).toEqual(await model.embed(cifar[2]?.image ?? ''));
  const stored = storedRows('resnet20-cifar10', 64);
  // Stored as f16 values.
  rows.forEach((row, i) => {
    row.forEach((x, k) => {
      expect(Math.abs(x - (stored[i]?.[k] ?? 0))).toBeLessThan(2e-3);
    });
  });
});

describe('a classifier', () => {
  it.each(['mean', 'neighbours'] as const)('answers immediately by %s', async (method) => {
    const own = await createClassifier(model);
    await expect(own.predict(images(cat, 20, 21)[0] ?? '')).rejects.toMatchObject({ code: 'usage' });
    await own.add('cat', images(cat, 0, 3));
    await expect(own.train()).rejects.toThrow('[train] There is 1 class, but training needs two');
    await own.add('ship', images(ship, 0, 3));
    const [best, other] = await own.predict(images(ship, 20, 21)[0] ?? '', { method });
    expect(best).toMatchObject({ label: 'ship', index: 1 });
    expect((best?.probability ?? 0) + (other?.probability ?? 0)).toBeCloseTo(1, 10);
    expect(own.trained).toBe(false);
    await expect(own.predict(images(ship, 20, 21)[0] ?? '', { method: 'linear' })).rejects.toMatchObject({ layer: 'method' });
  });

  it('counts, removes, and forgets its head when images change', async () => {
    const own = await createClassifier(model, few.toJSON());
    await own.train();
    expect([own.labels, own.counts, own.trained]).toEqual([['cat', 'ship', 'truck'], [10, 10, 10], true]);
    own.remove('cat', 9);
    expect([own.counts, own.trained]).toEqual([[9, 10, 10], false]);
    own.remove('truck');
    expect(own.labels).toEqual(['cat', 'ship']);
    expect(() => own.remove('truck')).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [label] There is no class 'truck'. Name one of: cat, ship.]`,
    );
    expect(() => own.remove('cat', 9)).toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [position] 'cat' has no image 9; it has 9. Count from 0.]`,
    );
  });

  it('adds all images of a call or none', async () => {
    const own = await createClassifier(model);
    const broken = { data: new Uint8Array(3), width: 5, height: 5 };
    await expect(own.add('cat', [...images(cat, 0, 2), broken])).rejects.toMatchObject({ code: 'image' });
    expect(own.labels).toEqual([]);
    await expect(own.train()).rejects.toThrow('[train] There are no classes, but training needs two');
    const aborted = own.add('cat', images(cat, 0, 2), { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
  });

  it('evaluates by leave-one-out, in every way', async () => {
    await few.train();
    for (const method of ['mean', 'neighbours', 'linear'] as const) {
      const { accuracy, confusion, classes, exact } = await few.evaluate({ method });
      expect(confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([10, 10, 10]);
      expect(accuracy).toBeCloseTo(confusion.reduce((sum, row, c) => sum + (row[c] ?? 0), 0) / 30, 10);
      expect(accuracy).toBeGreaterThan(0.8);
      expect(classes.map(({ recall }) => recall * 10)).toEqual(confusion.map((row, c) => row[c]));
      expect(exact).toBe(true);
    }
  });
});

describe('as JSON', () => {
  it('gives the same predictions again', async () => {
    await few.train();
    const again = await createClassifier(model, JSON.parse(JSON.stringify(few)));
    const [image = ''] = images(truck, 30, 31);
    expect(again.trained).toBe(true);
    expect(await again.predict(image)).toEqual(await few.predict(image));
    expect(await again.predict(image, { method: 'mean' })).toEqual(await few.predict(image, { method: 'mean' }));
  });

  it('is refused by another network, and where it is damaged', async () => {
    const json = few.toJSON();
    const other = await open({ arch: 'cifar_resnet20', weights: { random: 1 } });
    await expect(createClassifier(other, json)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('another network'),
    });
    other.dispose();
    const [first] = json.classes;
    const damaged: [Partial<ClassesJSON>, string][] = [
      [{ classes: [{ label: 'a', images: ['AAAA'] }] }, "Image 0 of 'a'"],
      [{ classes: first && [first, first] }, 'no name of its own'],
      [{ head: { weight: '', bias: '', penalty: 1 } }, 'The head is not one'],
      [{ version: 2 as 1 }, 'version 2'],
      [{ format: 'x' as 'resnet-webgpu-classes' }, 'not what toJSON() gives'],
    ];
    for (const [part, text] of damaged) {
      await expect(createClassifier(model, { ...json, ...part })).rejects.toMatchObject({ message: expect.stringContaining(text) });
    }
    await expect(createClassifier({} as Model)).rejects.toMatchObject({ layer: 'model' });
  });
});

describe('as a checkpoint', () => {
  /** Trains three classes on a network and loads what it exports. */
  async function exported(source: ModelSource) {
    const base = await open(source);
    const own = await createClassifier(base);
    for (const [label, index] of [
      ['cat', cat],
      ['ship', ship],
      ['truck', truck],
    ] as const)
      await own.add(label, images(index, 0, 5));
    await own.train();
    const bytes = await own.toCheckpoint();
    const checkpoint = await readCheckpoint(bytes);
    const again = await open({ weights: bytes });
    const [image = ''] = images(truck, 30, 31);
    const [ours, theirs] = [await own.predict(image), await again.classify(image)];
    expect(theirs.map(({ label }) => label)).toEqual(ours.map(({ label }) => label));
    theirs.forEach(({ probability }, i) => {
      expect(Math.abs(probability - (ours[i]?.probability ?? 0))).toBeLessThan(1e-5);
    });
    // Logits up to a constant, which softmax takes away.
    const { logits } = await again.run(await again.preprocess(image), { logits: true, features: false });
    const probabilities = new Map(ours.map(({ index, probability }) => [index, probability]));
    const differences = [...(logits?.data ?? [])].map((logit, c) => logit - Math.log(probabilities.get(c) ?? 0));
    for (const difference of differences) expect(Math.abs(difference - (differences[0] ?? 0))).toBeLessThan(1e-5);
    expect(again.info).toMatchObject({
      labels: ['cat', 'ship', 'truck'],
      numClasses: 3,
      preprocess: { resize: null, crop: null, ...base.info.preprocess },
      assumed: [],
    });
    base.dispose();
    again.dispose();
    return checkpoint;
  }

  it.each([
    ['a file', { weights: new Uint8Array(RESNET20) }, 'linear.weight'],
    [
      "timm's, without a head",
      {
        arch: { library: 'timm', type: 'ResNet', block: 'BasicBlock', layers: [1, 1], channels: [8, 16], num_classes: 0 },
        weights: { random: 3 },
        preprocess: { resize: null, crop: null },
      },
      'fc.weight',
    ],
    [
      'a bare backbone of OpenMMLab',
      { arch: { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 }, weights: { random: 4 } },
      'head.fc.weight',
    ],
  ] as [string, ModelSource, string][])('loads again by itself: %s', async (_, source, head) => {
    const { tensors } = await exported(source);
    expect(tensors.get(head)?.shape[0]).toBe(3);
  });

  it('keeps every other tensor to the bit', async () => {
    const { tensors } = await exported({ weights: new Uint8Array(RESNET20) });
    const { tensors: published } = await readCheckpoint(new Uint8Array(RESNET20));
    expect([...tensors.keys()].sort()).toEqual([...published.keys()].sort());
    for (const [name, tensor] of published) {
      if (!name.startsWith('linear.')) expect((await tensors.get(name)?.read())?.data, name).toEqual((await tensor.read()).data);
    }
  });

  it('says why not: nothing trained, several layers in the head, weights that are spent', async () => {
    const untrained = await createClassifier(model);
    await expect(untrained.toCheckpoint()).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('train()') });
    const backbone = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8 };
    const head = { type: 'StackedLinearClsHead', num_classes: 4, in_channels: 64, mid_channels: [16] };
    const stacked = { type: 'ImageClassifier', backbone, neck: { type: 'GlobalAveragePooling' }, head } as const;
    const stream = new Blob([RESNET20]).stream();
    for (const [source, text] of [
      [{ arch: stacked, weights: { random: 1 } }, 'head.layers.0.fc'],
      [{ arch: 'cifar_resnet20', weights: stream }, 'came from a stream'],
    ] as [ModelSource, string][]) {
      const base = await open(source);
      const own = await createClassifier(base);
      await own.add('cat', images(cat, 0, 3));
      await own.add('ship', images(ship, 0, 3));
      await own.train();
      await expect(own.toCheckpoint()).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(text),
        layer: 'toCheckpoint',
      });
      base.dispose();
    }
  });
});

describe('an index', () => {
  it('finds the most similar, as plain JavaScript does, before and after a journey through a file', async () => {
    const index = await createIndex(model);
    const some = cifar.slice(0, 20);
    expect(await index.search(some[0]?.image ?? '')).toEqual([]);
    for (const [i, { image }] of some.entries()) await index.add(`image ${i}`, image);
    const rows = await model.embed(some.map(({ image }) => image));
    const length = (row: Float32Array) => Math.hypot(...row);
    const [query = new Float32Array()] = await model.embed([cifar[100]?.image ?? '']);
    const near = rows.map((row) => row.reduce((sum, x, k) => sum + x * (query[k] ?? 0), 0) / length(row) / length(query));
    const order = near.map((_, i) => i).sort((a, b) => (near[b] ?? 0) - (near[a] ?? 0));
    const found = await index.search(cifar[100]?.image ?? '', 5);
    expect(found.map(({ id }) => id)).toEqual(order.slice(0, 5).map((i) => `image ${i}`));
    // f16 values have 11 bits.
    found.forEach(({ similarity }, i) => {
      expect(Math.abs(similarity - (near[order[i] ?? 0] ?? 0))).toBeLessThan(2e-4);
    });
    index.remove(found[0]?.id ?? '');
    const without = await index.search(cifar[100]?.image ?? '', 19);
    expect(without.slice(0, 4)).toEqual(found.slice(1));
    expect(new Set(without.map(({ id }) => id)).size).toBe(19);
    await index.add('image 1', cifar[100]?.image ?? '');
    expect(index.size).toBe(19);
    const [itself] = await index.search(cifar[100]?.image ?? '', 1);
    expect(itself?.id).toBe('image 1');
    expect(itself?.similarity).toBeCloseTo(1, 3);
    const again = await createIndex(model, await index.toSafetensors());
    expect(await again.search(cifar[3]?.image ?? '')).toEqual(await index.search(cifar[3]?.image ?? ''));
    for (const one of [index, again]) one.dispose();
    expect((await again.search(cifar[3]?.image ?? '', 1)).length).toBe(1);
    expect(() => index.remove('?')).toThrowError(/no image '\?'/);
    await few.train();
    await expect(createIndex(model, await few.toCheckpoint())).rejects.toMatchObject({ code: 'checkpoint-format' });
  });

  it('whatever finds no memory during a search, it says so, or the answer is right', async () => {
    const own = await openNodeDevice();
    const state = failing(own);
    const network = await loadModel({ weights: new Uint8Array(RESNET20) }, { device: own });
    const index = await createIndex(network);
    const [image = ''] = images(cat, 0, 1);
    await index.add('ship', images(ship, 0, 1)[0] ?? '');
    await index.add('cat', image);
    const failed: string[] = [];
    do {
      index.dispose();
      state.failed = undefined;
      state.failAt = state.count + failed.length + 1;
      const answer = index.search(image, 1);
      await answer.then(
        ([best]) => expect([best?.id, best?.similarity.toFixed(2)]).toEqual(['cat', '1.00']),
        (error) => expect(error).toMatchObject({ code: 'out-of-memory' }),
      );
      failed.push(state.failed ?? 'none');
    } while (state.failed !== undefined);
    for (const buffer of ['query', 'rows', 'similarities']) expect(failed.join()).toContain(`createBuffer ${buffer}`);
    state.failAt = 0;
    expect(await index.search(image, 1)).toMatchObject([{ id: 'cat' }]);
    index.dispose();
    network.dispose();
    own.destroy();
  });

  it.each<[string, (device: GPUDevice) => void, RegExp]>([
    [
      'refuses',
      (device) => refusing(device, (label) => label === 'search'),
      /^\[index\] search: the driver refused it \(.+\)\. In its place: /,
    ],
    ['miscomputes', (device) => corrupting(device, (label) => label === 'search', 1), /^\[index\] search: it computes something else /],
  ])('is searched by the processor where a driver %s its kernel', async (_, spoil, told) => {
    const own = await openNodeDevice();
    spoil(own);
    const network = await loadModel({ weights: new Uint8Array(RESNET20) }, { device: own });
    const [wrong, right] = [await createIndex(network), await createIndex(model)];
    for (const [i, { image }] of cifar.slice(0, 5).entries()) await Promise.all([wrong, right].map((index) => index.add(`${i}`, image)));
    const expected = await right.search(cifar[7]?.image ?? '', 4);
    for (let search = 0; search < 2; search++) {
      const found = await wrong.search(cifar[7]?.image ?? '', 4);
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      found.forEach(({ similarity }, i) => {
        expect(similarity).toBeCloseTo(expected[i]?.similarity ?? 0, 4);
      });
    }
    expect(network.info.warnings).toEqual([expect.stringMatching(told)]);
    for (const one of [wrong, right, network]) one.dispose();
    own.destroy();
  });
});
