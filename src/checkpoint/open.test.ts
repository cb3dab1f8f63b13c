import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type FileServer, sendAndBreak, sendFile, serve } from '../../test/support/file-server.ts';
import { file, firstNumbers, KEYS, progress, pth } from '../../test/support/open-fixtures.ts';
import { openWeights } from './open.ts';
import { readCheckpoint } from './read.ts';

let server: FileServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const expected = await openWeights(file, {}).then(({ checkpoint }) => firstNumbers(checkpoint));

test('what was read already', async () => {
  const checkpoint = await readCheckpoint(file);
  const opened = await openWeights(checkpoint, {});
  expect(opened.checkpoint).toBe(checkpoint);
  expect(await opened.reopen?.()).toBe(checkpoint);
});

describe('by URL', () => {
  test.each([
    ['weights.safetensors', file, 'safetensors'],
    ['weights.pth', pth, 'pytorch-zip'],
  ])('%s with progress', async (name, body, kind) => {
    server = await serve((request, response) => sendFile(request, response, body));
    const { reports, onProgress } = progress();
    const { checkpoint } = await openWeights(`${server.origin}/a/${name}`, { onProgress });
    expect(checkpoint).toMatchObject({ format: kind, scheme: 'mmpretrain' });
    expect(checkpoint.tensors.size).toBe(KEYS);
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(reports.at(-1)).toEqual([body.length, body.length]);
    expect(reports.every(([, total]) => total === body.length)).toBe(true);
  });

  test('a compressed body: progress counts decoded bytes, the compressed length is no total', async () => {
    server = await serve((_, response) => {
      // Stored without compression, so it is longer than the file.
      const body = gzipSync(file, { level: 0 });
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': String(body.length) });
      response.end(body);
    });
    const { reports, onProgress } = progress();
    const { checkpoint } = await openWeights(new URL(`${server.origin}/w`), { onProgress });
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(reports[0]?.[1]).toBeUndefined();
    expect(reports.at(-1)).toEqual([file.length, file.length]);
  });

  test('a length that is too short is no total once it is passed', async () => {
    const headers = { 'content-length': '1000' };
    const { reports, onProgress } = progress();
    const { checkpoint } = await openWeights('https://x.test/w', { onProgress, fetch: async () => new Response(file, { headers }) });
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(reports.at(-1)).toEqual([file.length, file.length]);
  });

  test('without a length', async () => {
    server = await serve((_, response) => {
      response.write(file.subarray(0, 5000));
      response.end(file.subarray(5000));
    });
    expect(await firstNumbers((await openWeights(`${server.origin}/w`, {})).checkpoint)).toEqual(expected);
  });

  test('an absurd length takes no memory', async () => {
    const headers = { 'content-length': String(2 ** 45) };
    const call = openWeights('https://x.test/w', { fetch: async () => typed(new Response(file, { headers }), 'cors') });
    expect(await firstNumbers((await call).checkpoint)).toEqual(expected);
  });

  test('data: and blob: URLs', async () => {
    const data = `data:application/octet-stream;base64,${Buffer.from(file).toString('base64')}`;
    expect(await firstNumbers((await openWeights(data, {})).checkpoint)).toEqual(expected);
    const blob = URL.createObjectURL(new Blob([pth]));
    const { checkpoint, reopen } = await openWeights(blob, {});
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect((await reopen?.())?.tensors.size).toBe(KEYS);
    URL.revokeObjectURL(blob);
    await expect(reopen?.()).rejects.toMatchObject({ code: 'network' });
  });

  test('relative to the page', async () => {
    vi.stubGlobal('document', { baseURI: 'https://page.test/demo/index.html' });
    const asked: string[] = [];
    const fetch = async (url: unknown) => {
      asked.push(String(url));
      return new Response(file);
    };
    await openWeights('../weights/a.safetensors#part', { fetch });
    await openWeights('/b.safetensors', { fetch });
    expect(asked).toEqual(['https://page.test/weights/a.safetensors', 'https://page.test/b.safetensors']);
  });

  test('reopen fetches again, without the signal and the progress of the first load', async () => {
    server = await serve((request, response) => sendFile(request, response, file));
    const controller = new AbortController();
    const { reports, onProgress } = progress();
    const { reopen } = await openWeights(`${server.origin}/w`, { signal: controller.signal, onProgress });
    const before = reports.length;
    controller.abort();
    expect((await reopen?.())?.tensors.size).toBe(KEYS);
    expect([server.requests.length, reports.length]).toEqual([2, before]);
  });
});

/** Response.type is read-only, and `default` for responses made in tests. */
function typed(response: Response, type: ResponseType): Response {
  return Object.defineProperty(response, 'type', { value: type });
}

describe('broken connections', () => {
  test('the rest is asked for by Range', async () => {
    server = await serve((request, response, count) => {
      if (count === 1) sendAndBreak(response, file, 7000, { etag: '"1"' });
      else sendFile(request, response, file, { etag: '"1"' });
    });
    const { reports, onProgress } = progress();
    const { checkpoint } = await openWeights(`${server.origin}/w`, { onProgress });
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(server.requests).toEqual(['GET /w', 'GET /w bytes=7000-']);
    expect(reports.at(-1)).toEqual([file.length, file.length]);
  });

  test('a server that ignores Range sends all again', async () => {
    server = await serve((_, response, count) => {
      if (count === 1) sendAndBreak(response, file, 7000);
      else {
        response.writeHead(200, { 'content-length': String(file.length) }).write(file.subarray(0, 3000));
        setTimeout(() => response.end(file.subarray(3000)), 50);
      }
    });
    const { onProgress } = progress();
    expect(await firstNumbers((await openWeights(`${server.origin}/w`, { onProgress })).checkpoint)).toEqual(expected);
    expect(server.requests).toHaveLength(2);
  });

  test.each<[string, Record<string, string>]>([
    ['of another place', { 'content-range': `bytes 6999-${file.length - 1}/${file.length}` }],
    ['of another length', { 'content-range': `bytes 7000-${file.length - 1}/${file.length + 1}` }],
    ['without its place, of another length', { 'content-range': '' }],
    ['of a file that changed', { etag: '"2"' }],
    ['that is compressed', { 'content-encoding': 'gzip' }],
  ])('a part %s is not used', async (_, wrong) => {
    server = await serve((request, response, count) => {
      if (count === 1) sendAndBreak(response, file, 7000, { etag: '"1"' });
      else if (request.headers.range) {
        const part = file.subarray(7001);
        const range = `bytes 7000-${file.length - 1}/${file.length}`;
        response.writeHead(206, { 'content-range': range, etag: '"1"', 'content-length': String(part.length), ...wrong }).end(part);
      } else sendFile(request, response, file);
    });
    expect(await firstNumbers((await openWeights(`${server.origin}/w`, {})).checkpoint)).toEqual(expected);
    expect(server.requests).toEqual(['GET /w', 'GET /w bytes=7000-', 'GET /w']);
  });

  test('a part whose place the server hides is used if the lengths add up', async () => {
    server = await serve((_, response, count) => {
      if (count === 1) sendAndBreak(response, file, 7000, { etag: '"1"' });
      else response.writeHead(206, { etag: '"1"', 'content-length': String(file.length - 7000) }).end(file.subarray(7000));
    });
    expect(await firstNumbers((await openWeights(`${server.origin}/w`, {})).checkpoint)).toEqual(expected);
    expect(server.requests).toHaveLength(2);
  });

  /** Each call of fetch gets the next answer. Waits between them end immediately. */
  async function withAnswers(answers: (() => Response)[]) {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const asked: (string | null)[] = [];
    const fetch = async (_: unknown, init?: RequestInit) => {
      asked.push(new Headers(init?.headers).get('range'));
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer ? answer() : new Response();
    };
    const result = openWeights('https://x.test/w.pth', { fetch }).then(
      ({ checkpoint }) => checkpoint,
      (error) => error as { code: string; message: string },
    );
    await vi.runAllTimersAsync();
    return { asked, result: await result };
  }
  const offline = () => {
    throw new TypeError('fetch failed');
  };
  const breaking = (from: number, size: number) => () => {
    const stream = new ReadableStream({
      pull(controller) {
        if (size > 0) controller.enqueue(file.subarray(from, from + size));
        size = 0;
        controller.error(new TypeError('terminated'));
      },
    });
    const headers: HeadersInit = from
      ? { 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` }
      : { 'content-length': String(file.length) };
    return new Response(stream, { status: from ? 206 : 200, headers });
  };

  test('gives up after four retries', async () => {
    const { asked, result } = await withAnswers([breaking(0, 0), breaking(0, 0)]);
    expect(result).toMatchObject({
      code: 'network',
      message: `[w.pth] The connection broke after 0 of ${file.length} bytes. Check the connection and call again.`,
    });
    expect(asked).toHaveLength(5);
  });

  test('waits while the network is away, and while the server is down', async () => {
    const { asked, result } = await withAnswers([
      () => new Response(file.subarray(0, 0), { headers: { 'content-length': String(file.length) } }),
      offline,
      () => new Response(null, { status: 503 }),
      () => new Response(file),
    ]);
    expect(result).toHaveProperty('format', 'safetensors');
    expect(asked).toEqual([null, null, null, null]);
  });

  test('does not ask again where the answer will be the same', async () => {
    const { asked, result } = await withAnswers([
      () => new Response(file.subarray(0, 9), { headers: { 'content-length': '99' } }),
      () => new Response(null, { status: 404 }),
    ]);
    expect(result).toMatchObject({ code: 'network', cause: { status: 404 } });
    expect(asked).toHaveLength(2);
  });

  test('a server that finds nothing at that place is asked for all', async () => {
    const { asked, result } = await withAnswers([
      () => new Response(file.subarray(0, 7000), { headers: { etag: '"1"', 'content-length': String(file.length) } }),
      () => new Response(null, { status: 416 }),
      () => new Response(file),
    ]);
    expect(result).toHaveProperty('format', 'safetensors');
    expect(asked).toEqual([null, 'bytes=7000-', null]);
  });

  test('a body that ends early', async () => {
    const short = () => new Response(file.subarray(0, 5000), { headers: { 'content-length': String(file.length) } });
    const { result } = await withAnswers([short]);
    expect(result).toMatchObject({ code: 'checkpoint-truncated', layer: 'w.pth' });
  });
});

describe('aborting', () => {
  const aborted = { code: 'aborted', name: 'AbortError' };

  test('before anything is asked for', async () => {
    const fetch = vi.fn();
    await expect(openWeights('https://x.test/w', { signal: AbortSignal.abort(), fetch })).rejects.toMatchObject(aborted);
    expect(fetch).not.toHaveBeenCalled();
  });

  test.each(['headers', 'body'])('while the server keeps us waiting for the %s: the connection is closed', async (phase) => {
    const controller = new AbortController();
    const closed = new Promise<void>((resolve) => {
      serve((_, response) => {
        response.on('close', resolve);
        if (phase === 'body') {
          response.writeHead(200, { 'content-length': String(file.length) });
          response.write(file.subarray(0, 1000));
        }
        setTimeout(() => controller.abort(), 50);
      }).then((started) => {
        server = started;
      });
    });
    await vi.waitUntil(() => server);
    await expect(openWeights(`${server?.origin}/w`, { signal: controller.signal })).rejects.toMatchObject(aborted);
    await closed;
  });

  test('a fetch that knows no signals, and a stream that hangs', async () => {
    const never = new Promise<Response>(() => undefined);
    await expect(openWeights('https://x.test/w', { signal: AbortSignal.timeout(20), fetch: () => never })).rejects.toMatchObject(aborted);
    const cancel = vi.fn();
    const stream = new ReadableStream<Uint8Array>({ cancel });
    await expect(openWeights(stream, { signal: AbortSignal.timeout(20) })).rejects.toMatchObject(aborted);
    expect(cancel).toHaveBeenCalled();
  });

  test('in the pause before a retry', async () => {
    const controller = new AbortController();
    const fetch = async () => {
      setTimeout(() => controller.abort(), 50);
      return new Response(file.subarray(0, 100), { headers: { 'content-length': String(file.length) } });
    };
    await expect(openWeights('https://x.test/w', { signal: controller.signal, fetch })).rejects.toMatchObject(aborted);
  });
});

describe('model repositories', () => {
  const hub = (files: Record<string, Uint8Array>) =>
    serve((request, response) => {
      const body = files[request.url ?? ''];
      if (body) sendFile(request, response, body);
      else response.writeHead(404).end();
    });

  test('safetensors first', async () => {
    server = await hub({ '/timm/resnet50.a1_in1k/resolve/main/model.safetensors': file });
    const { checkpoint } = await openWeights('hf:timm/resnet50.a1_in1k', { hub: `${server.origin}/` });
    expect(checkpoint.format).toBe('safetensors');
  });

  test('else pytorch_model.bin, of the revision', async () => {
    server = await hub({ '/o/r/resolve/refs%2Fpr%2F1/pytorch_model.bin': pth });
    const { checkpoint } = await openWeights('hf:o/r@refs/pr/1', { hub: server.origin });
    expect(checkpoint.format).toBe('pytorch-zip');
    // This hub has no API: neither the commit nor a list of files.
    expect(server.requests).toEqual([
      'GET /api/models/o/r/revision/refs%2Fpr%2F1',
      'GET /api/models/o/r/tree/refs%2Fpr%2F1',
      'GET /o/r/resolve/refs%2Fpr%2F1/model.safetensors',
      'GET /o/r/resolve/refs%2Fpr%2F1/model.safetensors.index.json',
      'GET /o/r/resolve/refs%2Fpr%2F1/pytorch_model.bin',
    ]);
  });

  test('neither', async () => {
    server = await hub({});
    await expect(openWeights('hf:o/r', { hub: server.origin })).rejects.toMatchObject({ code: 'network', cause: { status: 404 } });
  });

  test.each(['hf:', 'hf:resnet50', 'hf:a/b/c', 'hf:a/b@', 'hf:../x'])('%s names no repository', async (address) => {
    await expect(openWeights(address, {})).rejects.toMatchObject({ code: 'usage', layer: address });
  });
});

describe('in memory', () => {
  test.each([
    ['Blob', () => new Blob([pth])],
    ['File', () => new File([pth], 'w.pth')],
    ['ArrayBuffer', () => pth.buffer],
    ['Uint8Array', () => pth],
  ])('%s, and again', async (_, make) => {
    const { checkpoint, reopen } = await openWeights(make(), {});
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect((await reopen?.())?.tensors.size).toBe(KEYS);
  });

  test('a stream, once', async () => {
    const { reports, onProgress } = progress();
    const { checkpoint, reopen } = await openWeights(new Blob([pth]).stream(), { onProgress });
    expect(await firstNumbers(checkpoint)).toEqual(expected);
    expect(reopen).toBeUndefined();
    expect(reports.at(-1)).toEqual([pth.length, pth.length]);
  });

  test('tensors', async () => {
    const data = Float32Array.of(1, 2);
    const { checkpoint, reopen } = await openWeights({ 'module.fc.bias': { data, shape: [2] } }, {});
    expect(checkpoint.format).toBe('memory');
    expect((await checkpoint.tensors.get('fc.bias')?.read())?.data).toBe(data);
    expect((await reopen?.())?.tensors.size).toBe(1);
  });
});
