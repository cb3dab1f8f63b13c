import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { goldenNetwork, goldenPaths } from '../../test/support/golden-networks.ts';
import { type Arch, resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { sourceOf } from '../checkpoint/byte-source.ts';
import { parseManifest } from '../checkpoint/manifest.ts';
import { manifestCheckpoint } from '../checkpoint/manifest-tensors.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import type { Checkpoint } from '../checkpoint/types.ts';
import type { Graph } from '../graph/types.ts';
import { seededInput } from '../inspect/seeded.ts';
import { allOps } from '../kernels/families.ts';
import { halfBits, halfValue } from '../kernels/lib/half.ts';
import { packWeights } from '../kernels/lib/pack.ts';
import { makePlan } from '../plan/plan.ts';
import { type ConvertedModel, type ConvertProgress, convert } from './convert-model.ts';
import { forward } from './forward.ts';

/** Trained: 91.7 % of CIFAR-10. */
const resnet20 = await readCheckpoint(readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th'));
const { arch: small, weights } = goldenNetwork('classifier/resnet18_gap_linear');
const checkpoint = await readCheckpoint(weights);

/** As a page would read it. */
function reread({ manifest, shards }: ConvertedModel): Checkpoint {
  return manifestCheckpoint(parseManifest(JSON.stringify(manifest), 'manifest.json'), [sourceOf(new Blob(shards))], 'manifest.json');
}

/** What is uploaded to the GPU, by recipe. */
async function packed(graph: Graph, checkpoint: Checkpoint, precision: 'f32' | 'f16' = 'f32'): Promise<Map<string, Uint8Array>> {
  const outputs = graph.outputs.map(({ node }) => node);
  const plan = makePlan(graph, {
    ops: await allOps(),
    precision,
    profile: { name: 'unknown', computeUnits: 16 },
    maxBufferBytes: 2 ** 28,
    outputs,
  });
  const bound = await bindCheckpoint(graph, checkpoint, { arch: 'test' });
  const read = async (key: string) => (await bound.get(key).read()).data;
  const entries = plan.weights.map(async ({ key, recipe }) => [key, new Uint8Array(await packWeights(recipe, precision, read))] as const);
  return new Map(await Promise.all(entries));
}

describe.each(goldenPaths('resnet', 'classifier', 'timm', 'torchvision', 'mmdet'))('%s', (path) => {
  test('packs to the same bits as its checkpoint', async () => {
    const { arch, weights } = goldenNetwork(path);
    const checkpoint = await readCheckpoint(weights);
    const converted = await convert(checkpoint, { arch, inputSize: [32, 32], shardBytes: 10_000 });
    const { manifest, shards, report } = converted;
    const resolved = await resolveArch(manifest.arch, { numClasses: manifest.numClasses });
    const graph = resolved.build([1, resolved.inputChannels, 32, 32]);
    const [ours, theirs] = [await packed(graph, reread(converted)), await packed(graph, checkpoint)];
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
    for (const [key, bytes] of theirs) expect(Buffer.compare(ours.get(key) ?? new Uint8Array(), bytes), key).toBe(0);
    expect(shards.slice(0, -1).every(({ length }) => length === 10_000)).toBe(true);
    expect(report.bytes).toBe(shards.reduce((sum, { length }) => sum + length, 0));
    expect(report.error).toBeUndefined();
  });
});

describe('in plain JavaScript', () => {
  test.each(goldenPaths('classifier', 'timm', 'torchvision'))('%s gives what PyTorch gave', async (path) => {
    const { arch, weights, input, logits, features } = goldenNetwork(path);
    const graph = (await resolveArch(arch)).build(input.shape);
    const bound = await bindCheckpoint(graph, await readCheckpoint(weights), { arch: path });
    const wanted = graph.outputs.map(({ node }) => node);
    const progress: number[] = [];
    const values = await forward(graph, async (key) => (await bound.get(key).read()).data, input, wanted, {
      onProgress: (macs) => progress.push(macs),
    });
    const output = (kind: string, stage?: number) =>
      values.get(graph.outputs.find((one) => one.kind === kind && one.stage === stage)?.node ?? '');
    if (logits) expectClose('logits', output('logits'), logits, { relative: 1e-5 });
    for (const { stage, value } of features) expectClose(`stage ${stage}`, output('feature', stage), value, { relative: 1e-5 });
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(graph.macs);
  });
});

describe('the manifest', () => {
  test('says everything that loading needs', async () => {
    const { manifest, report } = await convert(resnet20, { generatedBy: 'test', preprocess: { crop: 30 } });
    const { weightsManifest, shards, folded, golden, ...rest } = manifest;
    expect({ ...rest, preprocess: undefined }).toMatchInlineSnapshot(`
      {
        "arch": "cifar_resnet20",
        "dtype": "f32",
        "format": "resnet-webgpu",
        "formatVersion": 1,
        "generatedBy": "test",
        "inputSize": [
          32,
          32,
        ],
        "labels": [
          "airplane",
          "automobile",
          "bird",
          "cat",
          "deer",
          "dog",
          "frog",
          "horse",
          "ship",
          "truck",
        ],
        "numClasses": 10,
        "preprocess": undefined,
      }
    `);
    expect(manifest.preprocess).toMatchObject({ crop: 30, order: 'rgb', resize: { size: 32 } });
    expect(weightsManifest[0]?.weights.slice(0, 3)).toEqual([
      { name: 'conv1.weight', shape: [16, 3, 3, 3], dtype: 'float32' },
      { name: 'conv1.bias', shape: [16], dtype: 'float32' },
      { name: 'layer1.0.conv1.weight', shape: [16, 16, 3, 3], dtype: 'float32' },
    ]);
    expect(weightsManifest[0]?.paths).toEqual(shards.map(({ path }) => path));
    expect(shards).toEqual([
      {
        path: expect.stringMatching(/^weights-1of1-[0-9a-f]{8}\.bin$/),
        bytes: 4 * (269_722 - 688),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(folded['layer3.2.bn2']).toEqual({ channels: 64, shift: 'layer3.2.conv2.bias' });
    expect(golden?.outputs.map(({ node, step, values }) => [node, step, values.length])).toMatchInlineSnapshot(`
      [
        [
          "layer1.2.relu",
          512,
          32,
        ],
        [
          "layer2.2.relu",
          256,
          32,
        ],
        [
          "layer3.2.relu",
          128,
          32,
        ],
        [
          "head.fc",
          1,
          10,
        ],
      ]
    `);
    const { assumed, source, ...counts } = report;
    expect(assumed.map(({ what }) => what)).toContain('eps');
    expect(source.ignored).toEqual(report.ignoredKeys);
    expect(counts).toMatchInlineSnapshot(`
      {
        "arch": "cifar_resnet20",
        "bytes": 1076136,
        "error": undefined,
        "ignoredKeys": [],
        "keptFloat32": [],
        "norms": {
          "folded": 19,
          "kept": 0,
        },
        "parameters": 269722,
      }
    `);
  });

  test('records what the unconverted network gives for the seeded input', async () => {
    const { golden } = (await convert(resnet20)).manifest;
    const graph = (await resolveArch('cifar_resnet20')).build(golden?.inputShape ?? []);
    const bound = await bindCheckpoint(graph, resnet20, { arch: 'cifar_resnet20' });
    const input = { data: seededInput(golden?.inputShape ?? [], golden?.seed), shape: golden?.inputShape ?? [] };
    const nodes = golden?.outputs.map(({ node }) => node) ?? [];
    const values = await forward(graph, async (key) => (await bound.get(key).read()).data, input, nodes);
    for (const { node, step, values: samples } of golden?.outputs ?? []) {
      const data = values.get(node)?.data.filter((_, i) => i % step === 0) ?? [];
      expectClose(node, { data: samples, shape: [data.length] }, { data, shape: [data.length] }, { relative: 1e-6 });
    }
  });

  test.each([
    ['after standardised weights', { conv_cfg: { type: 'ConvWS' } }],
    ['without scale and shift', { norm_cfg: { type: 'IN', affine: false, track_running_stats: true } }],
  ])('a norm %s stays', async (_, settings) => {
    const arch = { type: 'ResNet', depth: 18, base_channels: 8, stem_channels: 8, ...settings };
    const random = randomCheckpoint((await resolveArch(arch)).build([1, 3, 32, 32]), 1);
    const converted = await convert(random, { arch, inputSize: [32, 32] });
    expect(converted.report.norms).toEqual({ folded: 0, kept: 20 });
    expect(reread(converted).tensors.has('layer1.0.conv1.bias')).toBe(false);
  });

  test('a convolution with a bias of its own takes the norm into that', async () => {
    const { arch, weights } = goldenNetwork('resnet/resnest50');
    const { manifest } = await convert(await readCheckpoint(weights), { arch, inputSize: [32, 32] });
    expect(Object.entries(manifest.folded).filter(([, { shift }]) => shift === undefined)).toEqual(
      [0, 1, 2].map((block) => [`layer1.${block}.conv2.bn1`, { channels: 32 }]),
    );
  });
});

describe('number types', () => {
  const matrices = (checkpoint: Checkpoint) => [...checkpoint.tensors].filter(([, { shape }]) => shape.length > 1);

  test('f16 halves the file and rounds matrices alone', async () => {
    const plain = await convert(resnet20);
    const halved = await convert(resnet20, { dtype: 'f16' });
    expect(halved.report.bytes / plain.report.bytes).toBeCloseTo(0.5, 1);
    const [exact, ours] = [reread(plain), reread(halved)];
    for (const [key, tensor] of exact.tensors) {
      const [a, b] = [(await tensor.read()).data, (await ours.tensors.get(key)?.read())?.data];
      expect(b, key).toEqual(tensor.shape.length > 1 ? a.map((value) => halfValue(halfBits(value))) : a);
    }
    expect(matrices(ours).every(([, { dtype }]) => dtype === 'f16')).toBe(true);
    expect(halved.report.error?.relative).toBeLessThan(2e-3);
    expect(halved.report.error?.relative).toBeGreaterThan(1e-6);
  });

  test('int8 quarters the file, is within half a step, and reports what it costs', async () => {
    const plain = await convert(resnet20);
    const quartered = await convert(resnet20, { dtype: 'int8' });
    expect(quartered.report.bytes / plain.report.bytes).toBeLessThan(0.27);
    const [exact, ours] = [reread(plain), reread(quartered)];
    expect([...ours.tensors.keys()]).toEqual([...exact.tensors.keys()]);
    for (const [key, tensor] of matrices(exact)) {
      const [a, b] = [(await tensor.read()).data, (await ours.tensors.get(key)?.read())?.data ?? []];
      const size = a.length / (tensor.shape[0] ?? 1);
      for (let o = 0; o < (tensor.shape[0] ?? 0); o++) {
        const row = [...a.subarray(o * size, (o + 1) * size)];
        const step = Math.max(...row.map(Math.abs)) / 127;
        const worst = Math.max(...row.map((value, i) => Math.abs(value - (b[o * size + i] ?? 0))));
        expect(worst, `${key} ${o}`).toBeLessThanOrEqual(step * 0.5000001);
      }
    }
    expect(matrices(ours).every(([, { dtype }]) => dtype === 'i8')).toBe(true);
    expect(quartered.report.error).toMatchObject({ sameTop1: true });
    expect(quartered.report.error?.relative).toBeLessThan(0.05);
    expect(quartered.report.error?.relative).toBeGreaterThan(1e-4);
  });

  test('a matrix beyond f16 stays f32 and is named; one of zeros stays zero in int8', async () => {
    const tensors = new Map(resnet20.tensors);
    const change = (key: string, by: number) => {
      const tensor = tensors.get(key);
      if (!tensor) throw new Error(key);
      tensors.set(key, {
        ...tensor,
        read: async () => ({ data: (await tensor.read()).data.map((value) => value * by), shape: [...tensor.shape] }),
      });
    };
    change('linear.weight', 1e6);
    change('layer2.0.conv1.weight', 0);
    const changed = { ...resnet20, tensors };
    expect((await convert(changed, { dtype: 'f16' })).report.keptFloat32).toEqual(['head.fc.weight']);
    const { data = [] } =
      (await reread(await convert(changed, { dtype: 'int8' }))
        .tensors.get('layer2.0.conv1.weight')
        ?.read()) ?? {};
    expect(data.length).toBe(32 * 16 * 9);
    expect(data.every((value) => value === 0)).toBe(true);
  });
});

describe('options', () => {
  test('labels have to fit the classes', async () => {
    await expect(convert(checkpoint, { arch: small, labels: ['a', 'b'] })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [labels] There are 2 labels for 10 classes. Pass one label for each class, in the order of the logits.]`,
    );
    const labels = Array.from('abcdefghij');
    expect((await convert(checkpoint, { arch: small, labels, inputSize: [32, 32] })).manifest.labels).toEqual(labels);
  });

  test('a checkpoint of another network is refused', async () => {
    await expect(convert(checkpoint, { arch: 'resnet18' })).rejects.toMatchObject({ code: 'checkpoint-keys' });
  });

  test('tells how far it is, and stops when asked to', async () => {
    const reports: ConvertProgress[] = [];
    await convert(resnet20, { dtype: 'f16', onProgress: (one) => reports.push(one) });
    for (const phase of ['fold', 'check']) {
      const own = reports.filter((one) => one.phase === phase);
      expect(own.length).toBeGreaterThan(20);
      expect(own.map(({ loaded }) => loaded)).toEqual(own.map(({ loaded }) => loaded).toSorted((a, b) => a - b));
      expect(own.at(-1)?.loaded).toBe(own.at(-1)?.total);
    }
    for (const phase of ['fold', 'check']) {
      const controller = new AbortController();
      const stopped = convert(resnet20, { signal: controller.signal, onProgress: (one) => one.phase === phase && controller.abort() });
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    }
  });

  test('the number of classes is kept where the name does not tell it', async () => {
    const arch: Arch = 'cifar_resnet20';
    const { manifest } = await convert(resnet20, { arch });
    expect([manifest.arch, manifest.numClasses]).toEqual(['cifar_resnet20', 10]);
  });
});
