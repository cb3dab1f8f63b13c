/**
 * What strangers may write instead of valid values, in every form of input: this must soon give an error that says so, or the same result as
 * before. FUZZ_RUNS is the number of random inputs. `npm run test:full` sets it to 300,000.
 */
import { describe, expect, test } from 'vitest';
import { LabelsError } from '../../src/cli/parse-labels.ts';
import { ResnetError } from '../../src/util/errors.ts';
import { FORMS, type Form } from '../support/hostile-forms.ts';

const NUMBERS: [string, unknown][] = [
  ['1e9', 1e9],
  ['-1', -1],
  ['NaN', Number.NaN],
  ['2^53', 2 ** 53],
  ['a string', 'abc'],
  ['null', null],
];
const SECONDS = 2;
const MEGABYTES = 500;

type Path = (string | number)[];

/** Places with numbers, in values and in keys of digits. */
function numbers(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, [...path, key]));
}

function replaced(value: unknown, path: Path, by: (old: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by(value);
  if (typeof value !== 'object' || value === null) return value;
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/** The error's code, or what was read. */
async function outcome(form: Form, value: unknown): Promise<{ code?: string; read?: string }> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  try {
    return { read: await form.read(value) };
  } catch (error) {
    if (error instanceof LabelsError) return { code: 'labels' };
    if (!(error instanceof ResnetError)) throw error;
    expect(error.message.length).toBeLessThan(20_000);
    return { code: error.code };
  } finally {
    const { user, system } = process.cpuUsage(cpu);
    // On a busy machine, the clock advances faster.
    expect(Math.min((performance.now() - start) / 1e3, (user + system) / 1e6), 'seconds').toBeLessThan(SECONDS);
    expect(process.memoryUsage().rss / 2 ** 20 - before, 'megabytes').toBeLessThan(MEGABYTES);
  }
}

const before = process.memoryUsage().rss / 2 ** 20;

/** Places for which one of these values is plausible: -1 means "none" or "all" there, or any finite number is valid. */
const FREE: Record<string, RegExp> = {
  '-1': /frozen_stages|test_branch_idx|position_embedding_dim|position_magnitude|out_indices|\.(min|scale|values|mean|image_mean|padValue|pad_value|seed|numClasses)(\.|$)|(^|\.)(mean|padValue)(\.|$)/,
  '1e9': /\.(min|scale|values|seed)(\.|$)|\.bytes$/,
  // Null turns a step of preprocessing off.
  null: /(^|preprocess\.)(crop|padDivisor|padValue)/,
  NaN: /(^|preprocess\.)(crop|padDivisor|padValue)/,
  '2^53': /\.(values|seed)(\.|$)/,
};

describe.each(FORMS.map((form) => [form.name, form] as const))('%s', (_, form) => {
  test('is read as it is', async () => {
    expect((await outcome(form, form.value)).code).toBeUndefined();
  });

  test.each(NUMBERS)('with %s in place of each number', async (name, by) => {
    const usual = (await outcome(form, form.value)).read;
    const accepted: string[] = [];
    for (const path of numbers(form.value)) {
      const spoilt = await outcome(
        form,
        replaced(form.value, path, () => by),
      );
      const where = path.join('.');
      // A training argument, or the value is also given elsewhere.
      if (spoilt.code !== undefined || spoilt.read === usual || FREE[name]?.test(where)) continue;
      // Null is Python's None, and NaN is null in JSON. Both count as absent.
      const without =
        name === 'null' || name === 'NaN'
          ? (
              await outcome(
                form,
                replaced(form.value, path, () => undefined),
              )
            ).read
          : '';
      if (spoilt.read !== without) accepted.push(where);
    }
    expect(accepted).toEqual([]);
  });
});

test('keys of digits are bounded, too', async () => {
  const keys = ['999999999', '4294967294', '-1', '1e9', String(2 ** 53), 'NaN', '__proto__'];
  for (const form of FORMS) {
    for (const key of keys) {
      const text = JSON.stringify(form.value);
      // The last index of a dict, and the block of a layer.
      for (const spoilt of [
        text.replaceAll('"1":', `"${key}":`),
        text.replaceAll('layer1.1.', `layer1.${key}.`),
        text.replaceAll('layer2.', `layer${key}.`),
      ]) {
        if (spoilt !== text) await outcome(form, JSON.parse(spoilt));
      }
    }
  }
});

const runs = Number(process.env.FUZZ_RUNS ?? 3000);

test(`${runs} inputs spoilt at random`, { timeout: 60_000 + runs * 20 }, async () => {
  const seed = Number(process.env.FUZZ_SEED ?? 1);
  const random = generator(seed);
  const outcomes: Record<string, number> = {};
  for (let run = 0; run < runs; run++) {
    const form = pick(FORMS, random);
    let { value } = form;
    const paths = everywhere(value);
    for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--)
      value = replaced(value, pick(paths, random), (old) => spoil(old, random));
    try {
      const { code = 'read' } = await outcome(form, value);
      outcomes[code] = (outcomes[code] ?? 0) + 1;
    } catch (error) {
      const shown = JSON.stringify(value, (_, part) => (typeof part === 'string' ? part.slice(0, 40) : part)).slice(0, 2000);
      throw new Error(`run ${run} of seed ${seed}, ${form.name}: ${shown}`, { cause: error });
    }
  }
  // Both outcomes must be frequent. Otherwise this would only test the first line of a reader.
  expect(outcomes.read).toBeGreaterThan(runs / 100);
  expect(outcomes.config).toBeGreaterThan(runs / 10);
  expect(outcomes['checkpoint-format']).toBeGreaterThan(runs / 100);
});

function everywhere(value: unknown, path: Path = []): Path[] {
  const inner =
    typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, one]) => everywhere(one, [...path, key])) : [];
  return path.length > 0 ? [path, ...inner] : inner;
}

function spoil(old: unknown, random: () => number): unknown {
  const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
  const values = [
    0,
    -1,
    1,
    2,
    3,
    7,
    0.5,
    1e9,
    -1e9,
    2 ** 31,
    2 ** 53,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e-300,
    null,
    undefined,
    true,
    false,
    '',
    'abc',
    '7',
    'constructor',
    '__proto__',
    'toString',
    '\u001b[31m\u202e',
    'x'.repeat(10_000),
    [],
    {},
    [null],
    [[1]],
    { type: 'ResNet' },
    { type: { toString: 1 } },
    { toString: 1, valueOf: 1 },
    { length: 1e9 },
    deep(2000),
    Array(300).fill(1),
    Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i, i])),
    JSON.parse('{"__proto__": {"type": 1}}'),
  ];
  const kind = random();
  if (kind < 0.15 && typeof old === 'number') return old * pick([-1, 0.5, 2, 10, 1000, 1e6], random);
  if (kind < 0.25 && Array.isArray(old)) return [...old, ...old];
  if (kind < 0.3 && Array.isArray(old)) return old.slice(1);
  if (kind < 0.35) return [old];
  if (kind < 0.4) return { ...(Array.isArray(old) ? Object.fromEntries(old.entries()) : { 0: old }) };
  if (kind < 0.45) return String(JSON.stringify(old)).slice(0, 100);
  return pick(values, random);
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
