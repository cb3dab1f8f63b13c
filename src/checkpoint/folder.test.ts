/** Checkpoints in parts, by address and as files; folders of converted models and repositories as files. */
import { describe, expect, test, vi } from 'vitest';
import { timmRepository } from '../../test/support/hub-repositories.ts';
import { firstNumbers, progress, stubCaches, file as whole } from '../../test/support/open-fixtures.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { convert } from '../convert/convert-model.ts';
import { locateSource } from '../model/locate.ts';
import { describeWeights } from './describe.ts';
import { openWeights } from './open.ts';
import type { OpenOptions } from './open-options.ts';
import { readCheckpoint } from './read.ts';
import type { Checkpoint } from './types.ts';

const part = (values: Record<string, number>) =>
  safetensors(
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        { dtype: 'F32', shape: [2], bytes: new Uint8Array(Float32Array.of(value, value).buffer) },
      ]),
    ),
  );
const [ONE, TWO] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const INDEX = 'model.safetensors.index.json';
const index = { metadata: { total_size: 24 }, weight_map: { 'model.a': ONE, 'model.b': TWO, 'model.c': TWO } };
const files: Record<string, Uint8Array<ArrayBuffer> | object> = {
  [INDEX]: index,
  [ONE]: part({ 'model.a': 1 }),
  [TWO]: part({ 'model.b': 2, 'model.c': 3 }),
};
const bytesOf = (content: Uint8Array<ArrayBuffer> | object) =>
  content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));

/** Numbers by name, without the prefix that all parts share. */
async function contents({ tensors }: Checkpoint) {
  return Object.fromEntries(await Promise.all([...tensors].map(async ([key, tensor]) => [key, (await tensor.read()).data[0]] as const)));
}
const EXPECTED = { a: 1, b: 2, c: 3 };

describe('parts by address', () => {
  const site = (content: typeof files, headers: Record<string, string> = {}) =>
    vi.fn(async (input: RequestInfo | URL, { method }: RequestInit = {}) => {
      const found = content[new URL(String(input)).pathname.slice(1)];
      return new Response(method === 'HEAD' || !found ? null : bytesOf(found), { status: found ? 200 : 404, headers });
    });
  const open = async (path: string, content = files, options: OpenOptions = {}) =>
    openWeights(`https://x.test/${path}`, { fetch: site(content) as typeof fetch, ...options });

  test.each([INDEX, ONE, TWO, `${TWO}?token=a`])('%s stands for the whole, now and later', async (path) => {
    const { checkpoint, reopen } = await open(path);
    expect(await contents(checkpoint)).toEqual(EXPECTED);
    expect(await contents((await reopen?.()) as Checkpoint)).toEqual(EXPECTED);
  });

  test('a query goes along', async () => {
    const fetch = site(files);
    await openWeights(`https://x.test/${INDEX}?token=a`, { fetch: fetch as typeof globalThis.fetch });
    expect(fetch.mock.calls.every(([input]) => String(input).endsWith('?token=a'))).toBe(true);
  });

  test('parts tell by their names what there is, if the index is not there', async () => {
    const { [INDEX]: _, ...rest } = files;
    expect(await contents((await open(ONE, rest)).checkpoint)).toEqual(EXPECTED);
  });

  test('progress is of all, by the index’s size', async () => {
    const { reports, onProgress } = progress();
    await open(INDEX, files, { onProgress });
    const size = bytesOf(files[ONE] ?? {}).length + bytesOf(files[TWO] ?? {}).length;
    expect(reports.at(-1)).toEqual([size, size]);
  });

  test.each<[string, typeof files, object]>([
    [
      'a missing part',
      { [INDEX]: index, [ONE]: files[ONE] ?? {} },
      { code: 'network', message: expect.stringContaining('2 parts, and one of them is missing') },
    ],
    [
      'a part that lacks a tensor',
      { ...files, [TWO]: part({ 'model.b': 2 }) },
      { code: 'checkpoint-format', message: expect.stringContaining(`model.c is in ${TWO}, which lacks it`) },
    ],
    ['a place that is not beside it', { ...files, [INDEX]: { weight_map: { a: '../x.safetensors' } } }, { code: 'checkpoint-format' }],
    ['another server', { ...files, [INDEX]: { weight_map: { a: 'https://evil.test/x' } } }, { code: 'checkpoint-format' }],
    ['no map', { ...files, [INDEX]: { weight_map: [] } }, { code: 'checkpoint-format' }],
    ['a number for a name', { ...files, [INDEX]: { weight_map: { a: 1e9 } } }, { code: 'checkpoint-format' }],
  ])('%s', async (_, content, error) => {
    await expect(open(INDEX, content)).rejects.toMatchObject({ name: 'ResnetError', ...error });
  });

  test('a name that promises a billion parts is refused', async () => {
    await expect(open('model-00001-of-1000000000.safetensors', {})).rejects.toMatchObject({ code: 'checkpoint-format' });
  });

  test('kept parts stay together: where one of the new ones does not come, all are old', async () => {
    stubCaches();
    const newer = { ...files, [ONE]: part({ 'model.a': 10 }), [TWO]: part({ 'model.b': 20, 'model.c': 30 }) };
    const visit = async (content: typeof files, etag: string, fails = '') => {
      const answer = site(content, { etag });
      const fetch = (async (input: RequestInfo | URL, init: RequestInit = {}) =>
        fails && String(input).endsWith(fails) && init.method !== 'HEAD'
          ? new Response(null, { status: 403 })
          : answer(input, init)) as typeof globalThis.fetch;
      const warnings: string[] = [];
      const { checkpoint } = await openWeights(`https://x.test/${ONE}`, { fetch, cache: 'checked', warn: (text) => warnings.push(text) });
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [await contents(checkpoint), warnings.length];
    };
    expect(await visit(files, '"1"')).toEqual([EXPECTED, 0]);
    expect(await visit(files, '"1"')).toEqual([EXPECTED, 0]);
    for (const fails of [ONE, TWO]) expect(await visit(newer, '"2"', fails)).toEqual([EXPECTED, 1]);
    expect(await visit(newer, '"2"')).toEqual([{ a: 10, b: 20, c: 30 }, 0]);
    vi.unstubAllGlobals();
  });
});

describe('several files', () => {
  const named = (content: typeof files, folder = '') =>
    Object.entries(content).map(([name, one]) =>
      Object.defineProperty(new File([bytesOf(one)], name), 'webkitRelativePath', { value: folder && `${folder}/${name}` }),
    );
  const open = async (list: ArrayLike<Blob>) => (await openWeights(list, {})).checkpoint;

  test.each(['', 'picked/model'])('parts and their index, in any order, from "%s"', async (folder) => {
    const { checkpoint, reopen } = await openWeights(named(files, folder).reverse(), {});
    expect(await contents(checkpoint)).toEqual(EXPECTED);
    expect(await contents((await reopen?.()) as Checkpoint)).toEqual(EXPECTED);
  });

  test('parts alone; other files beside them', async () => {
    const { [INDEX]: _, ...rest } = files;
    const beside = { 'README.md': new TextEncoder().encode('# A model'), 'config.json': {} };
    expect(await contents(await open(named({ ...beside, ...rest })))).toEqual(EXPECTED);
  });

  test('a list of a page’s input', async () => {
    const [one, two] = named({ 'w.safetensors': whole, 'README.md': new TextEncoder().encode('# A model') });
    const list = {
      0: one,
      1: two,
      length: 2,
      get [Symbol.toStringTag]() {
        return 'FileList';
      },
    } as unknown as FileList;
    expect(await firstNumbers(await open(list))).toEqual(await firstNumbers(await readCheckpoint(whole)));
  });

  test.each<[string, typeof files, object]>([
    ['a missing part', { [INDEX]: index, [TWO]: files[TWO] ?? {} }, { code: 'usage', layer: ONE }],
    ['a missing part without index', { [TWO]: files[TWO] ?? {} }, { code: 'usage', layer: ONE }],
    [
      'two checkpoints',
      { 'a.safetensors': whole, 'b.safetensors': whole },
      { code: 'usage', message: expect.stringContaining('several models: a.safetensors, b.safetensors') },
    ],
    ['no checkpoint', { 'README.md': new TextEncoder().encode('# A model') }, { code: 'checkpoint-format', layer: 'README.md' }],
    ['no weights', { 'config.json': {} }, { code: 'usage', layer: 'weights' }],
    ['no file', {}, { code: 'usage', layer: 'weights' }],
  ])('%s', async (_, content, error) => {
    await expect(openWeights(named(content), {})).rejects.toMatchObject({ name: 'ResnetError', ...error });
  });

  test('the folder of a converted model says what it is, and its shards are compared', async () => {
    const { golden } = timmRepository();
    const checkpoint = await readCheckpoint(golden.weights);
    const { manifest, shards } = await convert(checkpoint, { arch: golden.arch, inputSize: [32, 32], shardBytes: 5000 });
    const content = { 'manifest.json': manifest, ...Object.fromEntries(manifest.shards.map(({ path }, i) => [path, shards[i] ?? {}])) };
    const { card, open: start } = await describeWeights(named(content, 'model'), {});
    expect(card.arch).toEqual(manifest.arch);
    expect((await start()).checkpoint.format).toBe('tfjs');
    const path = manifest.shards[0]?.path ?? '';
    const damaged = Uint8Array.from(shards[0] ?? []);
    damaged[9] = (damaged[9] ?? 0) ^ 1;
    await expect(open(named({ ...content, [path]: damaged }))).rejects.toMatchObject({ code: 'integrity', layer: path });
  });

  test('a repository’s folder says what it is', async () => {
    const { files: repository } = timmRepository();
    const { source, opening, card } = await locateSource({ weights: named(repository as typeof files, 'resnet') }, {});
    expect([source.numClasses, card?.inputSize]).toEqual([5, [64, 64]]);
    expect((await opening)?.checkpoint.format).toBe('safetensors');
  });
});
