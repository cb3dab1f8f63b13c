/** Converted models from a local server: integrity, resuming, progress, aborts. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { expectClose } from '../../test/support/compare.ts';
import { type FileServer, sendAndBreak, sendFile, serve } from '../../test/support/file-server.ts';
import { goldenNetwork } from '../../test/support/golden-networks.ts';
import { progress, stubCaches } from '../../test/support/open-fixtures.ts';
import { resolveArch } from '../arch/index.ts';
import { type ConvertedModel, convert } from '../convert/convert-model.ts';
import { forward } from '../convert/forward.ts';
import { bindCheckpoint } from './bind.ts';
import { describeWeights } from './describe.ts';
import { openWeights } from './open.ts';
import { readCheckpoint } from './read.ts';
import type { Checkpoint } from './types.ts';

const trained = await readCheckpoint(readFileSync('test/checkpoints/weights/akamaster-cifar10/resnet20-12fca82f.th'));

let converted: ConvertedModel;
let server: FileServer | undefined;

beforeAll(async () => {
  converted = await convert(trained, { shardBytes: 300_000 });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllGlobals();
});

type Answer = Parameters<typeof serve>[0];

/** The model under /m/. `other` may answer instead. */
async function serveModel(other?: (...args: Parameters<Answer>) => boolean, { manifest, shards } = converted): Promise<string> {
  server = await serve((request, response, count) => {
    if (other?.(request, response, count)) return;
    const name = request.url?.replace(/^\/m\//, '').replace(/\?.*/, '');
    const shard = shards[manifest.shards.findIndex(({ path }) => path === name)];
    const file = name === 'manifest.json' ? new TextEncoder().encode(JSON.stringify(manifest)) : shard;
    if (file) sendFile(request, response, file);
    else response.writeHead(404).end();
  });
  return `${server.origin}/m/manifest.json`;
}

async function expectSame(checkpoint: Checkpoint): Promise<void> {
  expect(checkpoint.format).toBe('tfjs');
  expect((await checkpoint.tensors.get('head.fc.bias')?.read())?.data).toEqual((await trained.tensors.get('linear.bias')?.read())?.data);
  // The last tensor, and one that spans two shards.
  const { data } = (await checkpoint.tensors.get('layer3.1.conv2.weight')?.read()) ?? {};
  expect(data?.length).toBe(64 * 64 * 9);
  expect(data?.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
}

const shardPath = (i: number) => converted.manifest.shards[i]?.path ?? '';
const requested = () => server?.requests.map((line) => line.replace('GET /m/', '')) ?? [];

test('says what it holds, and reads it with progress over all shards', async () => {
  const address = await serveModel();
  const { reports, onProgress } = progress();
  const { card, open } = await describeWeights(address, { onProgress });
  expect(card).toMatchObject({ arch: 'cifar_resnet20', numClasses: 10, inputSize: [32, 32], preprocess: { crop: 32 } });
  expect(card.labels?.[3]).toBe('cat');
  expect(requested()).toEqual(['manifest.json']);
  await expectSame((await open()).checkpoint);
  expect(requested().toSorted()).toEqual(['manifest.json', ...converted.manifest.shards.map(({ path }) => path)].toSorted());
  expect(reports.at(-1)).toEqual([converted.report.bytes, converted.report.bytes]);
  expect(reports.every(([, total]) => total === converted.report.bytes)).toBe(true);
  expect(reports.length).toBeGreaterThan(4);
});

test.each(['', '?v=2', '#top'])('by its folder%s', async (rest) => {
  const address = (await serveModel()).replace('manifest.json', '');
  await expectSame((await openWeights(`${address}${rest}`, {})).checkpoint);
});

test('opened again it fetches the shards that are asked for', async () => {
  const { reopen } = await openWeights(await serveModel(), {});
  const before = requested().length;
  const again = await reopen?.();
  expect(requested().length).toBe(before);
  await again?.tensors.get('head.fc.weight')?.read();
  expect(requested().slice(before)).toEqual([shardPath(3)]);
  await again?.tensors.get('head.fc.bias')?.read();
  expect(requested().length).toBe(before + 1);
});

describe('integrity', () => {
  const damaged = (i: number) => {
    const bytes = Uint8Array.from(converted.shards[i] ?? []);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    return bytes;
  };

  test('a changed bit is found, and which shard it is in', async () => {
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(1))) return false;
      sendFile(request, response, damaged(1));
      return true;
    });
    const call = openWeights(address, {});
    await expect(call).rejects.toMatchObject({ code: 'integrity', layer: shardPath(1) });
    const message = await call.catch((error: Error) => error.message);
    expect(
      String(message)
        .replace(/[0-9a-f]{64}/g, '<hash>')
        .replace(/-[0-9a-f]{8}\./g, '-<hash>.'),
    ).toMatchInlineSnapshot(
      `"[weights-2of4-<hash>.bin] The shard's SHA-256 is <hash>, but the manifest says <hash>. Upload the model again, manifest and shards together, and clear caches."`,
    );
    // Requested twice, the second time bypassing the browser's own cache.
    expect(requested().filter((path) => path === shardPath(1))).toHaveLength(2);
  });

  test('a stale file of the browser’s own cache is fetched anew', async () => {
    const asked: (string | undefined)[] = [];
    const address = await serveModel();
    const stale: typeof fetch = async (input, init) => {
      if (!String(input).endsWith(shardPath(2))) return fetch(input, init);
      asked.push(init?.cache);
      return init?.cache === 'reload' ? fetch(input, init) : new Response(damaged(2));
    };
    await expectSame((await openWeights(address, { fetch: stale })).checkpoint);
    expect(asked).toEqual([undefined, 'reload']);
  });

  test('a shard of another length', async () => {
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(0))) return false;
      sendFile(request, response, new Uint8Array(10));
      return true;
    });
    await expect(openWeights(address, {})).rejects.toMatchObject({ code: 'integrity', layer: shardPath(0) });
    await expect(openWeights(address, {})).rejects.toThrow('The shard has 10 bytes, but the manifest says 300000.');
  });

  test('without crypto.subtle, as in pages without HTTPS, lengths are checked alone', async () => {
    vi.stubGlobal('crypto', {});
    const other = (i: number) => (request: { url?: string }, response: Parameters<Answer>[1]) => {
      if (!request.url?.endsWith(shardPath(i))) return false;
      response.end(i === 0 ? damaged(0) : new Uint8Array(5));
      return true;
    };
    expect((await openWeights(await serveModel(other(0)), {})).checkpoint.format).toBe('tfjs');
    await server?.close();
    await expect(openWeights(await serveModel(other(1)), {})).rejects.toMatchObject({ code: 'integrity' });
  });

  test('a missing shard', async () => {
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(3))) return false;
      response.writeHead(404).end();
      return true;
    });
    await expect(openWeights(address, {})).rejects.toMatchObject({ code: 'network', cause: { status: 404 } });
  });
});

describe('early', () => {
  /** Holds back all shards but the first until released. */
  async function holding() {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const address = await serveModel((request, response) => {
      const held = [1, 2, 3].findIndex((i) => request.url?.endsWith(shardPath(i)));
      if (held < 0) return false;
      void released.then(() => sendFile(request, response, converted.shards[held + 1] ?? new Uint8Array()));
      return true;
    });
    return { address, release };
  }

  test('tensors are read as soon as their shards are there', async () => {
    const { address, release } = await holding();
    const { checkpoint, whole } = await openWeights(address, { early: true });
    const read: string[] = [];
    const reading = [...checkpoint.tensors].map(async ([name, tensor]) => {
      await tensor.read();
      read.push(name);
    });
    await vi.waitUntil(() => read.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(read.length).toBeLessThan(checkpoint.tensors.size);
    release();
    await Promise.all([whole, ...reading]);
    await expectSame(checkpoint);
  });

  test('a tensor whose shard does not come says why, and so does the whole', async () => {
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(1))) return false;
      setTimeout(() => response.writeHead(404).end(), 20);
      return true;
    });
    const { checkpoint, whole } = await openWeights(address, { early: true });
    const reading = Promise.allSettled([...checkpoint.tensors.values()].map((tensor) => tensor.read()));
    await expect(whole).rejects.toMatchObject({ code: 'network', cause: { status: 404 } });
    const failed = (await reading).filter((result) => result.status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'network', cause: { status: 404 } });
  });

  test('an abort ends the reading, too', async () => {
    const { address, release } = await holding();
    const controller = new AbortController();
    const { checkpoint, whole } = await openWeights(address, { early: true, signal: controller.signal });
    const reading = Promise.all([...checkpoint.tensors.values()].map((tensor) => tensor.read()));
    controller.abort();
    await expect(whole).rejects.toMatchObject({ code: 'aborted' });
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
    release();
  });
});

describe('resuming', () => {
  test('rejects when everything has come to rest: nothing is kept afterwards', async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
    };
    const stored = stubCaches(slow);
    // Fails as soon as another shard is being written into the cache.
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(3))) return false;
      setTimeout(() => response.writeHead(500).end(), 20);
      return true;
    });
    await expect(openWeights(address, { cache: true })).rejects.toMatchObject({ code: 'network' });
    const kept = stored.size;
    await slow();
    await slow();
    expect(stored.size).toBe(kept);
  });

  test('shards that were kept are not fetched again', async () => {
    const stored = stubCaches();
    let broken = true;
    const shardsKept = () => [...stored.keys()].filter((url) => url.endsWith('.bin')).length;
    const address = await serveModel((request, response) => {
      if (!broken || !request.url?.endsWith(shardPath(3))) return false;
      // Breaks when the three others have arrived.
      void vi.waitUntil(() => shardsKept() === 3).then(() => response.writeHead(500).end());
      return true;
    });
    await expect(openWeights(address, { cache: true })).rejects.toMatchObject({ code: 'network' });
    const kept = shardsKept();
    expect(kept).toBe(3);
    broken = false;
    const before = requested().length;
    const { reports, onProgress } = progress();
    await expectSame((await openWeights(address, { cache: true, onProgress })).checkpoint);
    expect(requested().slice(before)).toHaveLength(1 + 4 - kept);
    expect(reports.at(-1)).toEqual([converted.report.bytes, converted.report.bytes]);
  });

  test('what was kept is checked, too', async () => {
    const stored = stubCaches();
    const address = await serveModel();
    await openWeights(address, { cache: true });
    const url = [...stored.keys()].find((one) => one.endsWith(shardPath(0))) ?? '';
    stored.set(url, new Uint8Array(300_000));
    const before = requested().length;
    await expectSame((await openWeights(address, { cache: true })).checkpoint);
    expect(requested().slice(before)).toEqual(['manifest.json', shardPath(0)]);
    expect(Buffer.compare(stored.get(url) ?? new Uint8Array(), converted.shards[0] ?? new Uint8Array())).toBe(0);
  });

  test('all kept, it needs no connection; without the cache it does', async () => {
    stubCaches();
    const address = await serveModel();
    await openWeights(address, { cache: true });
    await server?.close();
    server = undefined;
    await expectSame((await openWeights(address, { cache: true })).checkpoint);
    await expect(openWeights(address, {})).rejects.toMatchObject({ code: 'network' });
  });

  test('a new conversion under the same address is seen', async () => {
    stubCaches();
    let current = converted;
    const next = await convert(trained, { dtype: 'f16' });
    server = await serve((request, response) => {
      const name = request.url?.slice(1);
      const shard = current.shards[current.manifest.shards.findIndex(({ path }) => path === name)];
      sendFile(request, response, shard ?? new TextEncoder().encode(JSON.stringify(current.manifest)));
    });
    await openWeights(`${server.origin}/manifest.json`, { cache: true });
    current = next;
    const { checkpoint } = await openWeights(`${server.origin}/manifest.json`, { cache: true });
    expect(checkpoint.tensors.get('conv1.weight')?.dtype).toBe('f16');
  });

  test('a shard whose connection breaks is continued', async () => {
    const file = converted.shards[0] ?? new Uint8Array();
    const address = await serveModel((request, response) => {
      if (!request.url?.endsWith(shardPath(0))) return false;
      if (request.headers.range) sendFile(request, response, file, { etag: '"1"' });
      else sendAndBreak(response, file, 1000, { etag: '"1"' });
      return true;
    });
    await expectSame((await openWeights(address, {})).checkpoint);
    expect(requested()).toContain(`${shardPath(0)} bytes=1000-`);
  });
});

test('an abort stops all downloads', async () => {
  const controller = new AbortController();
  const address = await serveModel((request, response) => {
    if (!request.url?.endsWith('.bin')) return false;
    response.writeHead(200, { 'content-length': '300000' });
    response.write(new Uint8Array(1000));
    return true;
  });
  const onProgress = () => controller.abort();
  await expect(openWeights(address, { signal: controller.signal, onProgress })).rejects.toMatchObject({
    code: 'aborted',
    name: 'AbortError',
  });
  expect(requested().length).toBeLessThanOrEqual(5);
});

test('weights that TF.js saved, without lengths and hashes, are any library’s checkpoint', async () => {
  const { weightsManifest } = converted.manifest;
  const address = await serveModel((request, response) => {
    if (!request.url?.endsWith('model.json')) return false;
    response.end(JSON.stringify({ modelTopology: {}, format: 'layers-model', weightsManifest }));
    return true;
  });
  const { card, open } = await describeWeights(address.replace('manifest.json', 'model.json'), {});
  expect(card).toEqual({});
  const { tensors } = (await open()).checkpoint;
  expect(tensors.get('layer1.0.conv1.bias')?.shape).toEqual([16]);
  expect(tensors.has('layer1.0.bn1.weight')).toBe(false);
});

test('files of TF.js that do not fit their manifest', async () => {
  const address = await serveModel((request, response) => {
    const { weightsManifest } = converted.manifest;
    if (request.url?.endsWith('.json')) response.end(JSON.stringify(weightsManifest));
    else response.end(new Uint8Array(100));
    return true;
  });
  await expect(openWeights(address, {})).rejects.toMatchObject({ code: 'integrity' });
  await expect(openWeights(address, {})).rejects.toThrow('The files have 400 bytes, but their tensors take 1076136.');
});

test.each(['f32', 'f16', 'int8'])('format version 1, %s: models that the first version wrote still load', async (dtype) => {
  const root = new URL(`../../test/converted/${dtype}/`, import.meta.url);
  server = await serve((request, response) => sendFile(request, response, readFileSync(new URL(`.${request.url}`, root))));
  const { card, open } = await describeWeights(`${server.origin}/`, {});
  expect(card).toMatchObject({ numClasses: 5, labels: ['ant', 'bee', 'cow', 'dog', 'elk'], inputSize: [48, 48] });
  const { input, logits } = goldenNetwork('timm/seresnext');
  const arch = await resolveArch(card.arch ?? '', { numClasses: card.numClasses });
  const graph = arch.build(input.shape);
  const bound = await bindCheckpoint(graph, (await open()).checkpoint, { arch: arch.name });
  const node = graph.outputs.find(({ kind }) => kind === 'logits')?.node ?? '';
  const values = await forward(graph, async (key) => (await bound.get(key).read()).data, input, [node]);
  expectClose(dtype, values.get(node), logits ?? { data: [], shape: [] }, { relative: { f32: 1e-5, f16: 2e-3 }[dtype] ?? 5e-2 });
});
