/** Repositories at one commit, on a hub that changes meanwhile, or fails. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { stubCaches } from '../../test/support/open-fixtures.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { describeWeights } from './describe.ts';
import { openWeights } from './open.ts';
import type { OpenOptions } from './open-options.ts';
import type { Checkpoint } from './types.ts';

afterEach(() => vi.unstubAllGlobals());

type Content = Uint8Array<ArrayBuffer> | object;
const HUB = 'https://hub.test';

const weights = (...values: number[]) =>
  safetensors(
    Object.fromEntries(
      values.map((value, i) => [`w${i}`, { dtype: 'F32', shape: [64], bytes: new Uint8Array(new Float32Array(64).fill(value).buffer) }]),
    ),
  );
const firstOf = async ({ tensors }: Checkpoint, key = 'w0') => (await tensors.get(key)?.read())?.data[0];
const config = (num_classes: number) => ({ architecture: 'resnet18', num_classes, pretrained_cfg: {} });

/** A hub whose repository o/r has several states over time. */
class Hub {
  readonly requests: string[] = [];
  readonly states: Record<string, Content>[];
  /** The state that `main` points to. */
  now = 0;
  /** Answers anything else instead. */
  instead: ((path: string, method: string) => Response | undefined) | undefined;
  /** Without an API and without telling the commit, like a mirror. */
  mirror = false;

  constructor(...states: Record<string, Content>[]) {
    this.states = states;
  }

  commit(i = this.now): string {
    return String(i + 1).repeat(40);
  }

  readonly fetch = (async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const { method = 'GET' } = init;
    const path = String(input).slice(HUB.length);
    this.requests.push(`${method === 'GET' ? '' : `${method} `}${path.replace(/\d{40}/, (sha) => `<${sha[0]}>`)}`);
    const odd = this.instead?.(path, method);
    if (odd) return odd;
    const [, api, revision = '', file = ''] = /^\/(api\/models\/)?o\/r\/(?:resolve|tree|revision)\/([^/]+)\/?(.*)$/.exec(path) ?? [];
    const i = revision === 'main' ? this.now : this.states.findIndex((_, at) => this.commit(at) === revision);
    const state = this.states[i];
    if (!state || (api && this.mirror)) return new Response(null, { status: 404 });
    if (path.includes('/revision/')) return Response.json({ sha: this.commit(i) });
    if (api) return Response.json(Object.entries(state).map(([name, content]) => listed(name, content)));
    const body = bytesOf(state[file]);
    const headers: HeadersInit = { ...(!this.mirror && { 'x-repo-commit': this.commit(i) }), ...(body && { etag: `"${sha256(body)}"` }) };
    return new Response(method === 'HEAD' ? null : body, { status: body ? 200 : 404, headers });
  }) as typeof fetch;

  options(more: OpenOptions = {}): OpenOptions & { warnings: string[] } {
    const warnings: string[] = [];
    return { hub: HUB, fetch: this.fetch, warn: (text) => warnings.push(text), ...more, warnings };
  }

  take(): string[] {
    return this.requests.splice(0).map((path) => path.replace('/o/r/resolve/', '').replace('/api/models/o/r/', 'api/'));
  }
}

function bytesOf(content: Content | undefined): Uint8Array<ArrayBuffer> | undefined {
  return content && (content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content)));
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
function listed(path: string, content: Content) {
  const bytes = bytesOf(content) ?? new Uint8Array();
  return {
    type: 'file',
    path,
    size: bytes.length,
    ...(content instanceof Uint8Array && { lfs: { oid: sha256(bytes), size: bytes.length } }),
  };
}

async function load(hub: Hub, options: OpenOptions = {}) {
  const all = hub.options(options);
  const { card, open } = await describeWeights('hf:o/r', all);
  const opened = await open();
  // The file is still being stored after the load.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { classes: card.numClasses, value: await firstOf(opened.checkpoint), opened, warnings: all.warnings };
}

const first = { 'config.json': config(1), 'model.safetensors': weights(1) };
const second = { 'config.json': config(2), 'model.safetensors': weights(2) };

describe('one commit', () => {
  test('the weights are those of the card, whatever is pushed meanwhile', async () => {
    const hub = new Hub(first, second);
    const { card, open } = await describeWeights('hf:o/r', hub.options());
    hub.now = 1;
    expect([card.numClasses, await firstOf((await open()).checkpoint)]).toEqual([1, 1]);
    expect(hub.take()).toEqual(['main/config.json', 'api/tree/<1>', '<1>/model.safetensors']);
  });

  test('opened again, too', async () => {
    const hub = new Hub(first, second);
    const { opened } = await load(hub);
    hub.now = 1;
    expect(await firstOf((await opened.reopen?.()) as Checkpoint)).toBe(1);
  });

  test('with an architecture of the caller’s, the API tells the commit', async () => {
    const hub = new Hub(first, second);
    const { checkpoint, reopen } = await openWeights('hf:o/r', hub.options());
    expect(hub.take()).toEqual(['api/revision/main', 'api/tree/<1>', '<1>/model.safetensors']);
    hub.now = 1;
    expect([await firstOf(checkpoint), await firstOf((await reopen?.()) as Checkpoint)]).toEqual([1, 1]);
  });

  test('a mirror without commits: what is read again is the same, or an error', async () => {
    const hub = new Hub(first, second);
    hub.mirror = true;
    const { opened, warnings } = await load(hub);
    expect(warnings).toEqual(['model.safetensors of hf:o/r was not compared with a SHA-256: the hub gives no list of its files.']);
    expect(await firstOf((await opened.reopen?.()) as Checkpoint)).toBe(1);
    hub.now = 1;
    await expect(opened.reopen?.()).rejects.toMatchObject({ code: 'integrity', layer: 'model.safetensors' });
  });
});

describe('SHA-256', () => {
  test('of other bytes than the listing’s: an error, and nothing is kept', async () => {
    const kept = stubCaches();
    const hub = new Hub(first);
    hub.instead = (path) => (path.endsWith('model.safetensors') ? new Response(weights(7)) : undefined);
    await expect(load(hub, { cache: true })).rejects.toMatchObject({ code: 'integrity', layer: 'model.safetensors' });
    expect(kept.size).toBe(0);
  });

  test('of another size', async () => {
    const hub = new Hub(first);
    hub.instead = (path) => (path.endsWith('model.safetensors') ? new Response(weights(1, 2)) : undefined);
    await expect(load(hub)).rejects.toThrow(/^\[model.safetensors\] The file has \d+ bytes, but the listing says \d+\./);
  });

  test('is computed beside the load where that is early', async () => {
    const hub = new Hub(first);
    hub.instead = (path) => (path.endsWith('model.safetensors') ? new Response(weights(7)) : undefined);
    const { checkpoint, whole } = await openWeights('hf:o/r', hub.options({ early: true }));
    expect(checkpoint.tensors.size).toBe(1);
    await expect(whole).rejects.toMatchObject({ code: 'integrity' });
  });

  test('without crypto.subtle, it is said that nothing was compared', async () => {
    vi.stubGlobal('crypto', {});
    expect((await load(new Hub(first))).warnings).toEqual([
      'model.safetensors of hf:o/r was not compared with a SHA-256: pages without HTTPS have no crypto.subtle.',
    ]);
  });
});

describe('kept', () => {
  test('the same commit: one question, no download', async () => {
    stubCaches();
    const hub = new Hub(first);
    await load(hub, { cache: 'checked' });
    hub.take();
    expect(await load(hub, { cache: 'checked' })).toMatchObject({ classes: 1, value: 1, warnings: [] });
    expect(hub.take()).toEqual(['HEAD main/config.json']);
    expect(await load(hub, { cache: true })).toMatchObject({ classes: 1, value: 1 });
    expect(hub.take()).toEqual([]);
  });

  test('a commit that changes neither card nor weights: no download of weights, and none of this the next time', async () => {
    stubCaches();
    const hub = new Hub(first, { ...first, 'README.md': {} });
    await load(hub, { cache: 'checked' });
    hub.now = 1;
    hub.take();
    expect(await load(hub, { cache: 'checked' })).toMatchObject({ classes: 1, value: 1, warnings: [] });
    expect(hub.take()).toEqual(['HEAD main/config.json', 'api/tree/<2>']);
    await load(hub, { cache: 'checked' });
    expect(hub.take()).toEqual(['HEAD main/config.json']);
  });

  test('another commit: both are new', async () => {
    stubCaches();
    const hub = new Hub(first, second);
    await load(hub, { cache: 'checked' });
    hub.now = 1;
    expect(await load(hub, { cache: 'checked' })).toMatchObject({ classes: 2, value: 2, warnings: [] });
    expect(await load(hub, { cache: true })).toMatchObject({ classes: 2, value: 2 });
  });

  const ill: [string, Hub['instead']][] = [
    [
      'away',
      () => {
        throw new TypeError('Failed to fetch');
      },
    ],
    ['401', () => new Response(null, { status: 401 })],
    ['403', () => new Response(null, { status: 403 })],
    ['404', () => new Response(null, { status: 404 })],
    ['429', () => new Response(null, { status: 429 })],
    ['503', () => new Response(null, { status: 503 })],
    ['a login page', () => new Response('<!doctype html><title>Log in</title>', { headers: { 'content-type': 'text/html' } })],
  ];
  test.each(ill)('a hub that is %s: what was kept, and it is said; nothing is lost', async (_, instead) => {
    stubCaches();
    const hub = new Hub(first);
    await load(hub, { cache: 'checked' });
    for (let visit = 0; visit < 2; visit++) {
      hub.instead = instead;
      const { classes, value, warnings } = await load(hub, { cache: 'checked' });
      expect([classes, value]).toEqual([1, 1]);
      expect(warnings.join('\n')).toContain('hf:o/r: what was kept is used.');
    }
    hub.instead = undefined;
    expect(await load(hub, { cache: 'checked' })).toMatchObject({ classes: 1, value: 1, warnings: [] });
  });

  test.each(ill.slice(1))('a hub that has a new card and is %s for its weights: an error, never one with the other', async (_, instead) => {
    stubCaches();
    const hub = new Hub(first, second);
    await load(hub, { cache: 'checked' });
    hub.now = 1;
    hub.instead = (path, method) => (path.includes('config.json') || path.includes('/api/') ? undefined : instead?.(path, method));
    await expect(load(hub, { cache: 'checked' })).rejects.toMatchObject({ name: 'ResnetError' });
    hub.instead = () => {
      throw new TypeError('Failed to fetch');
    };
    expect(await load(hub, { cache: 'checked' })).toMatchObject({ classes: 1, value: 1 });
  });

  test('new weights under an old card, and they do not come: the old ones go on', async () => {
    stubCaches();
    const hub = new Hub(first, { ...first, 'model.safetensors': weights(2) });
    await load(hub, { cache: 'checked' });
    hub.now = 1;
    hub.instead = (path, method) =>
      path.endsWith('model.safetensors') && method === 'GET' ? new Response(null, { status: 403 }) : undefined;
    const { value, warnings } = await load(hub, { cache: 'checked' });
    expect([value, warnings.length]).toEqual([1, 1]);
  });

  test('that there is no preprocessor_config.json is known without a connection', async () => {
    stubCaches();
    const state = { 'config.json': { model_type: 'resnet', num_labels: 4 }, 'model.safetensors': weights(1) };
    const hub = new Hub(state);
    await load(hub, { cache: true });
    hub.instead = () => {
      throw new TypeError('Failed to fetch');
    };
    expect((await load(hub, { cache: true })).value).toBe(1);
  });
});

describe('parts', () => {
  const name = (i: number) => `model-0000${i}-of-00002.safetensors`;
  const part = (key: string, value: number) =>
    safetensors({ [key]: { dtype: 'F32', shape: [64], bytes: new Uint8Array(new Float32Array(64).fill(value).buffer) } });
  const index = { metadata: { total_size: 512 }, weight_map: { a: name(1), b: name(2) } };
  const state = (a: number, b: number) => ({
    'config.json': config(a),
    'model.safetensors.index.json': index,
    [name(1)]: part('a', a),
    [name(2)]: part('b', b),
  });
  const both = async ({ checkpoint }: { checkpoint: Checkpoint }) => [await firstOf(checkpoint, 'a'), await firstOf(checkpoint, 'b')];

  test('by their index, of one commit, with one progress', async () => {
    const hub = new Hub(state(1, 1), state(2, 2));
    const reports: [number, number | undefined][] = [];
    const { opened } = await load(hub, { onProgress: (loaded, total) => reports.push([loaded, total]) });
    hub.now = 1;
    expect(await both(opened)).toEqual([1, 1]);
    expect(await both({ checkpoint: (await opened.reopen?.()) as Checkpoint })).toEqual([1, 1]);
    expect(hub.take()).toContain(`<1>/${name(2)}`);
    const size = state(1, 1)[name(1)] as Uint8Array;
    expect(reports.at(-1)).toEqual([2 * size.length, 2 * size.length]);
    expect(reports.every(([loaded], i) => loaded >= (reports[i - 1]?.[0] ?? 0))).toBe(true);
  });

  test('a later commit of which one part does not come: all old ones, or an error, never both', async () => {
    for (const missing of [1, 2]) {
      stubCaches();
      const hub = new Hub(state(1, 1), { ...state(2, 2), 'config.json': config(1) });
      await load(hub, { cache: 'checked' });
      hub.now = 1;
      hub.instead = (path, method) => (path.endsWith(name(missing)) && method === 'GET' ? new Response(null, { status: 503 }) : undefined);
      const loaded = await load(hub, { cache: 'checked' }).then(
        ({ opened }) => both(opened),
        ({ code }) => code,
      );
      expect([[1, 1], 'network']).toContainEqual(loaded);
      hub.instead = () => {
        throw new TypeError('Failed to fetch');
      };
      expect(await both((await load(hub, { cache: 'checked' })).opened)).toEqual([1, 1]);
    }
  });

  test('pytorch_model.bin.index.json, and a part that is not there', async () => {
    const torch = { 'config.json': config(1), 'pytorch_model.bin.index.json': index, [name(1)]: part('a', 1) };
    await expect(load(new Hub(torch))).rejects.toThrow(`[hf:o/r] pytorch_model.bin.index.json names ${name(2)}, which is not there.`);
    expect(await both((await load(new Hub({ ...torch, [name(2)]: part('b', 2) }))).opened)).toEqual([1, 2]);
  });
});

test('a repository for other runtimes says where the checkpoint is', async () => {
  const hub = new Hub({ 'config.json': config(1), 'model.onnx': new Uint8Array(8) });
  await expect(load(hub)).rejects.toMatchObject({ code: 'unsupported', layer: 'hf:o/r', hint: expect.stringContaining('base model') });
  hub.mirror = true;
  await expect(load(hub)).rejects.toMatchObject({ code: 'network' });
});
