/** TensorFlow.js reads what we write, and we read what it writes, with the same numbers. */
import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { type FileServer, sendFile, serve } from '../../test/support/file-server.ts';
import { goldenNetwork } from '../../test/support/golden-networks.ts';
import { resolveArch } from '../arch/index.ts';
import { bindCheckpoint } from '../checkpoint/bind.ts';
import { openWeights } from '../checkpoint/open.ts';
import { readCheckpoint } from '../checkpoint/read.ts';
import { type ConvertedModel, convert } from '../convert/convert-model.ts';
import { forward } from '../convert/forward.ts';
import { type Checkpoint, readTfjsWeights, saveTfjsWeights, toTfjsArtifacts, toTfjsFiles } from './index.ts';

const trained = await readCheckpoint(readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th'));

beforeAll(async () => {
  tf.env().set('IS_TEST', true);
  await tf.setBackend('cpu');
});
let server: FileServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
afterAll(() => tf.disposeVariables());

async function serveFiles(files: Record<string, Uint8Array | object>): Promise<string> {
  server = await serve((request, response) => {
    const file = files[request.url?.slice(1) ?? ''];
    if (file instanceof Uint8Array) sendFile(request, response, file, { 'content-type': 'application/octet-stream' });
    else if (file) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(file));
    else response.writeHead(404).end();
  });
  return `${server.origin}/`;
}

async function numbers(checkpoint: Checkpoint, key: string): Promise<Float32Array> {
  const tensor = await checkpoint.tensors.get(key)?.read();
  if (!tensor) throw new Error(`no ${key}`);
  return tensor.data;
}

/** Expects the same tensors with the same shapes and numbers. */
async function expectSame(actual: Checkpoint, expected: Checkpoint): Promise<void> {
  expect([...actual.tensors.keys()]).toEqual([...expected.tensors.keys()]);
  for (const [key, { shape }] of expected.tensors) {
    expect(actual.tensors.get(key)?.shape, key).toEqual(shape);
    expectBits(await numbers(actual, key), await numbers(expected, key), key);
  }
}

/** A thousand times as fast as toEqual. */
function expectBits(actual: Float32Array, expected: Float32Array, name: string): void {
  expect(Buffer.compare(new Uint8Array(actual.slice().buffer), new Uint8Array(expected.slice().buffer)), name).toBe(0);
}

/** A checkpoint's tensors in TensorFlow.js. */
async function inTensorFlow({ tensors }: Checkpoint): Promise<Record<string, tf.Tensor>> {
  const all: Record<string, tf.Tensor> = {};
  for (const [key, tensor] of tensors) {
    const { data, shape } = await tensor.read();
    all[key] = tf.tensor(data, shape);
  }
  return all;
}

describe('what convert writes', () => {
  const tensorFlowReads = ({ manifest, shards }: ConvertedModel) =>
    tf.io.weightsLoaderFactory(async (paths) =>
      paths.map((path) => (shards[manifest.shards.findIndex((shard) => path === `./${shard.path}`)] ?? new Uint8Array()).slice().buffer),
    )(manifest.weightsManifest, './');

  test.each(['f32', 'f16', 'int8'] as const)('%s: the loader of TensorFlow.js reads the same numbers', async (dtype) => {
    const converted = await convert(trained, { dtype, shardBytes: 100_000 });
    const folder = Object.fromEntries(converted.manifest.shards.map(({ path }, i) => [path, converted.shards[i] ?? new Uint8Array()]));
    const { checkpoint } = await openWeights(`${await serveFiles({ ...folder, 'manifest.json': converted.manifest })}manifest.json`, {});
    const theirs = await tensorFlowReads(converted);
    const { folded } = converted.manifest;
    const ours = new Map([...checkpoint.tensors.keys()].map((key) => [key, key]));
    for (const [norm, { shift }] of Object.entries(folded)) if (shift) ours.set(shift, `${norm}.bias`);
    let compared = 0;
    for (const [name, tensor] of Object.entries(theirs)) {
      if (name.endsWith('.scale')) continue;
      const values = (await tensor.data()) as Float32Array;
      const scale = await theirs[`${name}.scale`]?.data();
      const size = values.length / (scale?.length ?? 1);
      // The reader has to apply the channels' factors.
      const whole = scale ? Float32Array.from(values, (value, i) => value * (scale[Math.floor(i / size)] ?? 0)) : values;
      expectBits(whole, await numbers(checkpoint, ours.get(name) ?? ''), name);
      compared++;
    }
    expect(compared).toBe(2 * 20);
    tf.dispose(theirs);
  });

  test('manifest.json is what its HTTP handler expects', async () => {
    const { manifest, shards } = await convert(trained);
    const folder = await serveFiles({ 'manifest.json': manifest, [manifest.shards[0]?.path ?? '']: shards[0] ?? new Uint8Array() });
    const handler = tf.io.http(`${folder}manifest.json`, { fetchFunc: fetch as never });
    const artifacts = (await handler.load?.()) ?? {};
    expect(artifacts.weightSpecs).toEqual(manifest.weightsManifest[0]?.weights);
    const data = [artifacts.weightData ?? []].flat();
    expect(Buffer.compare(Buffer.concat(data.map((part) => Buffer.from(part))), shards[0] ?? new Uint8Array())).toBe(0);
  });
});

describe('what TensorFlow.js writes', () => {
  test('encodeWeights, as artifacts in one part, in several, and as a stream', async () => {
    const tensors = await inTensorFlow(trained);
    const { data, specs } = await tf.io.encodeWeights(tensors);
    const artifacts = { weightSpecs: specs, weightData: data };
    await expectSame(await readTfjsWeights(artifacts), trained);
    const parts = [data.slice(0, 12_345), data.slice(12_345, 12_346), data.slice(12_346)];
    await expectSame(await readTfjsWeights({ ...artifacts, weightData: parts }), trained);
    const getWeightStream = () => new Blob(parts).stream() as unknown as ReadableStream<ArrayBuffer>;
    await expectSame(await readTfjsWeights({ weightSpecs: specs, getWeightStream }), trained);
    await expectSame(await readTfjsWeights(tf.io.fromMemory(artifacts)), trained);
    tf.dispose(tensors);
  });

  test('tensors by name', async () => {
    const tensors = await inTensorFlow(trained);
    await expectSame(await readTfjsWeights({ ...tensors }), trained);
    tf.dispose(tensors);
    const counter = { step: tf.scalar(7, 'int32'), mask: tf.tensor1d([true, false], 'bool') };
    const checkpoint = await readTfjsWeights(counter);
    expect([...(await numbers(checkpoint, 'step')), ...(await numbers(checkpoint, 'mask'))]).toEqual([7, 1, 0]);
    tf.dispose(counter);
    await expect(readTfjsWeights({ name: tf.tensor1d(['text']) })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [name] This is not a tensor of numbers (string). Pass tf.Tensors by the names that PyTorch gives them.]`,
    );
  });

  test('a model.json and its shards load by their address, and give PyTorch’s logits', async () => {
    const { arch, weights, input, logits } = goldenNetwork('timm/seresnext');
    const tensors = await inTensorFlow(await readCheckpoint(weights));
    const { data, specs } = await tf.io.encodeWeights(tensors);
    tf.dispose(tensors);
    // In two files. Its handlers split them every 4 MiB.
    const weightsManifest = [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: specs }];
    const files = {
      'model.json': { modelTopology: {}, weightsManifest },
      'group1-shard1of2.bin': new Uint8Array(data, 0, 10_001),
      'group1-shard2of2.bin': new Uint8Array(data, 10_001),
    };
    const { checkpoint } = await openWeights(`${await serveFiles(files)}model.json`, {});
    const graph = (await resolveArch(arch)).build(input.shape);
    const bound = await bindCheckpoint(graph, checkpoint, { arch: 'timm' });
    const node = graph.outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
    const values = await forward(graph, async (key) => (await bound.get(key).read()).data, input, [node]);
    expectClose('logits', values.get(node), logits ?? { data: [], shape: [] }, { relative: 1e-5 });
  });
});

describe('what we write', () => {
  test('decodeWeights reads it', async () => {
    const { weightData, weightSpecs } = await toTfjsArtifacts(trained);
    const tensors = tf.io.decodeWeights(weightData, weightSpecs);
    await expectSame(await readTfjsWeights(tensors), trained);
    tf.dispose(tensors);
  });

  test('whole numbers and flags keep their kind', async () => {
    const { tensors } = await readCheckpoint(readFileSync('test/goldens/formats/ema/weights.pth'));
    const artifacts = await toTfjsArtifacts({ ...trained, tensors });
    const [counter] = artifacts.weightSpecs.filter(({ name }) => name.endsWith('num_batches_tracked'));
    expect(counter).toMatchObject({ dtype: 'int32', shape: [] });
    await expectSame(await readTfjsWeights(artifacts), await readCheckpoint(readFileSync('test/goldens/formats/ema/weights.pth')));
  });

  test('files: loadWeights reads them, and so do we', async () => {
    const { modelJson, shards } = await toTfjsFiles(trained, { shardBytes: 400_000 });
    expect(shards.map(({ path, data }) => [path, data.length])).toEqual([
      ['group1-shard1of3.bin', 400_000],
      ['group1-shard2of3.bin', 400_000],
      ['group1-shard3of3.bin', 4 * (269_722 + 2 * 688) - 800_000],
    ]);
    const folder = await serveFiles({ 'model.json': modelJson, ...Object.fromEntries(shards.map(({ path, data }) => [path, data])) });
    await expectSame((await openWeights(`${folder}model.json`, {})).checkpoint, trained);
    await expectSame(await readTfjsWeights(`${folder}model.json`), trained);
    vi.spyOn(tf.env().platform, 'fetch').mockImplementation(fetch as never);
    const tensors = await tf.io.loadWeights(modelJson.weightsManifest, folder);
    await expectSame(await readTfjsWeights(tensors), trained);
    tf.dispose(tensors);
    vi.restoreAllMocks();
  });

  test('its places: saved and loaded through its handlers', async () => {
    const stored = new Map<string, tf.io.ModelArtifacts>();
    const handlerOf = (url: string | string[]): tf.io.IOHandler | null => {
      const address = String(url);
      if (!address.startsWith('shelf://')) return null as never;
      return {
        load: async () => stored.get(address) ?? {},
        save: async (artifacts) => {
          stored.set(address, artifacts);
          return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
        },
      };
    };
    tf.io.registerLoadRouter(handlerOf as tf.io.LoadHandler & never);
    tf.io.registerSaveRouter(handlerOf as never);
    expect(await saveTfjsWeights(trained, 'shelf://resnet20')).toMatchObject({ modelArtifactsInfo: {} });
    await expectSame(await readTfjsWeights('shelf://resnet20'), trained);
    await expect(readTfjsWeights('shelf://nothing')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [artifacts] The artifacts contain no weights (weightSpecs, weightData). Pass what a TF.js handler loads, or a model that was saved with its weights.]`,
    );
    await expect(readTfjsWeights('cupboard://resnet20')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [cupboard://resnet20] TensorFlow.js has 0 handlers to load this. Pass an address such as indexeddb://name, or a tf.io.IOHandler.]`,
    );
    await expect(saveTfjsWeights(trained, { load: async () => ({}) })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [handler] The handler cannot save. Pass a tf.io.IOHandler that can.]`,
    );
  });

  test('without TensorFlow.js its places are refused with what to install', async () => {
    vi.resetModules();
    vi.doMock('@tensorflow/tfjs-core', () => {
      throw new Error('Cannot find package');
    });
    const { readTfjsWeights: read, toTfjsArtifacts: write } = await import('./index.ts');
    await expect(read('indexeddb://resnet20')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ResnetError: [resnet-webgpu/tfjs] @tensorflow/tfjs-core could not be loaded; it is needed for its own kinds of addresses. Install it: npm install @tensorflow/tfjs-core.]`,
    );
    expect((await write(trained)).weightSpecs.length).toBe(trained.tensors.size);
    vi.doUnmock('@tensorflow/tfjs-core');
  });
});
