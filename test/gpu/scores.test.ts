/** How logits become scores, from `loadModel` to the answers. */
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel, type ModelSource } from '../../src/index.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

let device: GPUDevice;
beforeAll(async () => {
  device = await openNodeDevice();
});

const image = { data: Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 31) % 256), width: 32, height: 32 };

type Own = Partial<Exclude<ModelSource, string | URL>>;

async function answer(classes: number, own: Own, topK?: number) {
  const model = await loadModel(
    { arch: { type: 'CifarResNet', depth: 8, num_classes: classes }, weights: { random: 3 }, ...own },
    { device, inputSize: [32, 32] },
  );
  try {
    const { logits } = await model.run(await model.preprocess(image), { features: false });
    const { assumed } = model.info;
    return { model, logits: [...(logits?.data ?? [])], predictions: await model.classify(image, { topK }), assumed };
  } finally {
    model.dispose();
  }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe('one logit', () => {
  it('is a probability by sigmoid, and says that this was assumed', async () => {
    const { logits, predictions, assumed } = await answer(1, {});
    expect(predictions).toEqual([{ label: '0', index: 0, probability: expect.closeTo(sigmoid(logits[0] ?? 0), 6) }]);
    expect(assumed).toMatchObject([{ what: 'scores', value: 'sigmoid', alternatives: [{ value: 'none' }] }]);
  });

  it('answers for two labels', async () => {
    const { logits, predictions, assumed } = await answer(1, { labels: ['no', 'yes'], scores: 'sigmoid' });
    const yes = predictions.find(({ label }) => label === 'yes');
    expect(yes).toEqual({ label: 'yes', index: 1, probability: expect.closeTo(sigmoid(logits[0] ?? 0), 6) });
    expect(predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    expect(assumed).toEqual([]);
  });

  it('explains either answer', async () => {
    const model = await loadModel(
      { arch: { type: 'CifarResNet', depth: 8, num_classes: 1 }, weights: { random: 3 }, labels: ['no', 'yes'] },
      { device, inputSize: [32, 32] },
    );
    const [[best], own, no, yes] = [
      await model.classify(image),
      await model.explain(image),
      await model.explain(image, { classIndex: 0 }),
      await model.explain(image, { classIndex: 1 }),
    ];
    expect(own.classIndex).toBe(best?.index);
    // What is evidence for one class is evidence against the other.
    expect(no.data.some((x, i) => x > 0 && (yes.data[i] ?? 0) > 0)).toBe(false);
    await expect(model.explain(image, { classIndex: 2 })).rejects.toMatchObject({ code: 'usage' });
    model.dispose();
  });

  it.each([[['a', 'b', 'c']], [['a', 5]], ['ab'], [{ 0: 'a' }]])('refuses the labels %o', async (labels) => {
    await expect(answer(1, { labels: labels as string[] })).rejects.toMatchObject({ code: 'usage', layer: 'labels' });
  });
});

describe.each([
  ['read back whole', 5, 5],
  ['ranked on the GPU', 40, 3],
])('%s', (_, classes, topK) => {
  it.each([
    ['sigmoid', sigmoid],
    ['none', (x: number) => x],
  ] as const)('%s', async (scores, of) => {
    const { logits, predictions } = await answer(classes, { scores }, topK);
    expect(predictions).toHaveLength(topK);
    for (const { index, probability } of predictions) expect(probability).toBeCloseTo(of(logits[index] ?? Number.NaN), 5);
  });

  it('refuses another name', async () => {
    await expect(answer(classes, { scores: 'logits' as 'none' })).rejects.toMatchObject({ code: 'usage', layer: 'scores' });
  });
});
