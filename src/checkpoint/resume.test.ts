/** A file is replaced while it is downloaded. Whatever servers and browsers do, two versions must never be combined or stored. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stubCaches } from '../../test/support/open-fixtures.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { openWeights } from './open.ts';

const NUMBERS = 1000;
const versionOf = (value: number) =>
  safetensors({ w: { dtype: 'F32', shape: [NUMBERS], bytes: new Uint8Array(new Float32Array(NUMBERS).fill(value).buffer) } });
const [OLD, NEW] = [versionOf(1), versionOf(2)];

const VALIDATORS = {
  'strong ETag': (v: number) => ({ etag: `"${v}"` }),
  'weak ETag': (v: number) => ({ etag: `W/"${v}"` }),
  'Last-Modified': (v: number) => ({ 'last-modified': `Mon, 0${v} Jan 2024 00:00:00 GMT` }),
  'weak ETag and Last-Modified': (v: number) => ({ etag: `W/"${v}"`, 'last-modified': `Mon, 0${v} Jan 2024 00:00:00 GMT` }),
  // Some servers derive the ETag from the size, so that every version has the same.
  'weak ETag that does not change': () => ({ etag: 'W/"1"' }),
  none: () => ({}),
} as const;

const ANSWERS = ['206 same version', '206 other version', '206 other version, no validators', '200', '416'] as const;
const PAGE = 'https://page.test';

interface Case {
  crossOrigin: boolean;
  validators: keyof typeof VALIDATORS;
  answer: (typeof ANSWERS)[number];
  /** The other origin refuses unusual request headers, including Range. */
  refused: boolean;
  /** Bytes that arrive before the connection breaks. */
  cut: number;
  /** CORS: the headers that a page from another origin may read. */
  exposed: boolean;
}

/** A server, and a browser in front of it. */
function network({ crossOrigin, validators, answer, refused, cut, exposed }: Case) {
  const asked: string[] = [];
  const respond = (body: BodyInit | null, status: number, headers: Record<string, string>) => {
    const safe = ['content-length', 'last-modified'];
    const visible = Object.entries(headers).filter(([name]) => !crossOrigin || exposed || safe.includes(name));
    return Object.defineProperty(new Response(body, { status, headers: visible }), 'type', { value: crossOrigin ? 'cors' : 'basic' });
  };
  const broken = (file: Uint8Array) => {
    let sent = false;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new TypeError('network error'));
        else controller.enqueue(file.slice(0, cut));
        sent = true;
      },
    });
  };
  const fetch = async (_: unknown, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.get('range') ?? '')?.[1] ?? 0);
    asked.push(`${from}${headers.has('if-range') ? ' if same' : ''}`);
    if (crossOrigin && refused && (headers.has('range') || headers.has('if-range'))) throw new TypeError('Failed to fetch');
    const first = asked.length === 1;
    const same = answer === '206 same version';
    const file = first || same ? OLD : NEW;
    const now = VALIDATORS[validators](first || same ? 1 : 2);
    const length = { 'content-length': String(file.length) };
    if (first) return respond(broken(file), 200, { ...now, ...length });
    if (from === 0 || answer === '200') return respond(file, 200, { ...now, ...length });
    if (answer === '416') return respond(null, 416, {});
    return respond(file.slice(from), 206, {
      ...(answer.endsWith('no validators') ? {} : now),
      'content-length': String(file.length - from),
      'content-range': `bytes ${from}-${file.length - 1}/${file.length}`,
    });
  };
  return { fetch: fetch as typeof globalThis.fetch, asked };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  vi.stubGlobal('origin', PAGE);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Waits between attempts end immediately. */
async function passingTime<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  while (!done) await vi.advanceTimersByTimeAsync(2000);
  return work;
}

async function load(one: Case) {
  const kept = stubCaches();
  const { fetch, asked } = network(one);
  const url = `${one.crossOrigin ? 'https://cdn.test' : PAGE}/w.safetensors`;
  const loading = openWeights(url, { fetch, cache: true }).then(({ checkpoint }) => checkpoint.tensors.get('w')?.read());
  const values = new Set((await passingTime(loading))?.data);
  return { values, kept: kept.get(url), asked };
}

const CUTS = [20, Math.floor(OLD.length / 2), OLD.length - 4];
const cases = [false, true].flatMap((crossOrigin) =>
  (Object.keys(VALIDATORS) as Case['validators'][]).flatMap((validators) =>
    ANSWERS.flatMap((answer) =>
      (crossOrigin ? [false, true] : [false]).flatMap((refused) =>
        (crossOrigin ? [false, true] : [true]).flatMap((exposed) =>
          CUTS.map((cut): Case => ({ crossOrigin, validators, answer, refused, cut, exposed })),
        ),
      ),
    ),
  ),
);

test(`of ${cases.length} combinations none is mixed, none is kept mixed`, async () => {
  const wrong: unknown[] = [];
  for (const one of cases) {
    const { values, kept } = await load(one);
    const whole = [OLD, NEW].some((file) => kept && Buffer.compare(file, kept) === 0);
    if (values.size !== 1 || !whole) wrong.push(one);
  }
  expect(cases).toHaveLength(450);
  expect(wrong).toEqual([]);
});

describe('what is asked for', () => {
  const half = CUTS[1] ?? 0;
  const base: Case = {
    crossOrigin: false,
    validators: 'strong ETag',
    answer: '206 same version',
    refused: false,
    cut: half,
    exposed: true,
  };
  const changed = '206 other version' as const;
  test.each<[string, Partial<Case>, string[]]>([
    ['the rest, if the file is the same', {}, ['0', `${half} if same`]],
    ['likewise by date', { validators: 'Last-Modified' }, ['0', `${half} if same`]],
    ['by the date where the ETag is weak', { validators: 'weak ETag and Last-Modified' }, ['0', `${half} if same`]],
    ['all, where the server took no notice of the condition', { answer: changed }, ['0', `${half} if same`, '0']],
    ['all, where nothing tells the versions', { validators: 'none' }, ['0', '0']],
    ['all, where a weak ETag alone does', { validators: 'weak ETag' }, ['0', '0']],
    ['another origin: the rest without a condition, which would cost a preflight', { crossOrigin: true }, ['0', `${half}`]],
    ['another origin that hides its ETag: all', { crossOrigin: true, exposed: false }, ['0', '0']],
    [
      'another origin that shows the date alone: the rest',
      { crossOrigin: true, exposed: false, validators: 'Last-Modified' },
      ['0', `${half}`],
    ],
    ['another origin whose file changed: all', { crossOrigin: true, answer: changed }, ['0', `${half}`, '0']],
    ['another origin that refuses Range: all', { crossOrigin: true, refused: true }, ['0', `${half}`, '0']],
  ])('%s', async (_, change, expected) => {
    const { asked, values } = await load({ ...base, ...change });
    expect(asked).toEqual(expected);
    expect(values.size).toBe(1);
  });
});

test('a part that nobody asked for is not taken for the whole', async () => {
  let count = 0;
  const fetch = async () => {
    const headers = { 'content-range': `bytes 20-${OLD.length - 1}/${OLD.length}` };
    return count++ === 0 ? new Response(OLD.slice(20), { status: 206, headers }) : new Response(OLD);
  };
  const loading = openWeights(`${PAGE}/w`, { fetch });
  expect((await passingTime(loading)).checkpoint.tensors.size).toBe(1);
  expect(count).toBe(2);
});

describe('a server that answers with parts', () => {
  const place = (from: number, to: number) => ({ 'content-range': `bytes ${from}-${to - 1}/${OLD.length}` });
  const always = (from: number, to: number, more = {}) =>
    vi.fn(async (_: unknown, init?: RequestInit) => {
      const start = Number(/\d+/.exec(new Headers(init?.headers).get('range') ?? '')?.[0] ?? from);
      const end = start > 0 ? OLD.length : to;
      return new Response(OLD.slice(start, end), { status: 206, headers: { ...place(start, end), ...more } });
    });

  test.each<[string, number, number]>([
    ['the last', 20, OLD.length],
    ['the first, and nothing tells what the rest belongs to', 0, 20],
  ])('though all was asked for: %s', async (_, from, to) => {
    const error = await passingTime(openWeights(`${PAGE}/w`, { fetch: always(from, to) })).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'network', cause: { status: 206 } });
  });

  test('the first, whose rest is told by its ETag', async () => {
    const fetch = always(0, 20, { etag: '"1"' });
    expect((await passingTime(openWeights(`${PAGE}/w`, { fetch }))).checkpoint.tensors.size).toBe(1);
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('with more than the rest: all is asked for again', async () => {
    let count = 0;
    const fetch = async () => {
      const headers = { etag: '"1"', 'content-length': String(OLD.length) };
      if (count++ === 0) return new Response(OLD.slice(0, 20), { headers });
      if (count > 2) return new Response(OLD, { headers });
      return new Response(new Uint8Array([...OLD.slice(20), 1, 2, 3]), { status: 206, headers: { ...place(20, OLD.length), etag: '"1"' } });
    };
    expect((await passingTime(openWeights(`${PAGE}/w`, { fetch }))).checkpoint.tensors.size).toBe(1);
    expect(count).toBe(3);
  });
});
