/** The required form of a report: every member by name and type, and nothing else. Lists each fault with its path. */
import { RUNTIME_IDS } from '../runtimes.ts';

/** Lists the faults of the value at a path. */
type Check = (value: unknown, at: string) => string[];

const fault = (at: string, what: string): string[] => [`${at || 'the file'} ${what}`];

const number =
  (least = 0, most = Number.MAX_VALUE): Check =>
  (value, at) =>
    typeof value === 'number' && value >= least && value <= most ? [] : fault(at, `is not a number from ${least} to ${most}`);
const integer =
  (least = 0, most = Number.MAX_SAFE_INTEGER): Check =>
  (value, at) =>
    Number.isInteger(value) ? number(least, most)(value, at) : fault(at, 'is not a whole number');
const text =
  (longest = 300): Check =>
  (value, at) =>
    typeof value === 'string' && value.length <= longest ? [] : fault(at, `is not a text of at most ${longest} characters`);
const flag: Check = (value, at) => (typeof value === 'boolean' ? [] : fault(at, 'is neither true nor false'));
const among =
  (...values: readonly unknown[]): Check =>
  (value, at) =>
    values.includes(value) ? [] : fault(at, `is not one of ${values.join(', ')}`);
const list =
  (item: Check, longest = 4096): Check =>
  (value, at) => {
    if (!Array.isArray(value) || value.length > longest) return fault(at, `is not a list of at most ${longest}`);
    return value.flatMap((one, i) => item(one, `${at}[${i}]`));
  };
const table =
  (item: Check): Check =>
  (value, at) =>
    isObject(value) ? Object.entries(value).flatMap(([key, one]) => item(one, `${at}.${key}`)) : fault(at, 'is not an object');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function object(members: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, at) => {
    if (!isObject(value)) return fault(at, 'is not an object');
    const place = (key: string) => (at === '' ? key : `${at}.${key}`);
    const missing = Object.keys(members).filter((key) => !(key in value));
    return [
      ...missing.flatMap((key) => fault(place(key), 'is missing')),
      ...Object.entries(value).flatMap(([key, one]) => {
        const check = Object.hasOwn(members, key) ? members[key] : Object.hasOwn(optional, key) ? optional[key] : undefined;
        return check ? check(one, place(key)) : fault(place(key), 'is nothing that a report has');
      }),
    ];
  };
}

const count = integer();
const ms = number(0, 3_600_000);
const description = { vendor: text(), architecture: text(), description: text(), software: flag };
const calls = object({
  dispatches: count,
  passes: count,
  submits: count,
  bindGroups: count,
  buffers: count,
  bufferBytes: count,
  textures: count,
  writes: count,
  writeBytes: count,
  copies: count,
  maps: count,
  pipelines: count,
  shaderModules: count,
  shaderBytes: count,
});

const result = object(
  {
    id: among(...RUNTIME_IDS),
    status: among('ok', 'failed', 'cancelled'),
    warm: list(ms),
    gpu: list(object({ span: ms, busy: ms, passes: count })),
  },
  {
    error: text(2000),
    version: text(60),
    threads: integer(1, 1024),
    adapter: object(description),
    download: object({ files: list(object({ url: text(), bytes: count, gzip: count })), gzip: count, bytes: count }),
    modelBytes: count,
    importMs: ms,
    loadMs: ms,
    firstMs: ms,
    spent: object({ compile: ms, upload: ms }),
    loadCalls: calls,
    cpu: list(ms),
    stream: object({ frames: integer(1), inFlight: integer(1, 64), framesPerSecond: number() }),
    calls,
    alive: object({ buffers: count, bytes: count, peakBytes: count }),
    deviation: object({ relative: number(), absolute: number(), sameTop: flag }),
  },
);

const layer = object({ name: text(), kernel: text(), variant: text(), macs: count, us: ms, bytes: count });
const block = object({ name: text(), buffer: count, offset: count, bytes: count, first: count, last: count });

const measured = object(
  {
    model: text(100),
    batch: integer(1, 64),
    shape: list(integer(1), 4),
    weights: text(),
    reference: among('PyTorch', 'plain JavaScript'),
    parameters: integer(1),
    macs: integer(1),
    runtimes: list(result, RUNTIME_IDS.length),
  },
  {
    note: text(2000),
    layers: object({ layers: list(layer), estimated: flag }),
    memory: object({ buffers: list(count), steps: count, blocks: list(block), liveBytes: count, weightBytes: count }),
    selfTest: object({ pass: flag, layers: count, worst: number() }, { firstBad: text() }),
  },
);

const report = object(
  {
    schema: among('resnet-webgpu-bench/1'),
    config: object(
      {
        models: list(text(100), 100),
        runtimes: list(among(...RUNTIME_IDS)),
        batches: list(integer(1, 64)),
        weights: text(),
        seed: count,
        rounds: integer(1, 1000),
        warmups: integer(0, 1000),
        seconds: integer(1, 3600),
        peaks: flag,
        layers: flag,
        run: flag,
      },
      { size: integer(8, 2048) },
    ),
    environment: object(
      {
        date: text(40),
        library: text(40),
        commit: text(60),
        browser: text(100),
        userAgent: text(600),
        cores: integer(1, 4096),
        crossOriginIsolated: flag,
      },
      { adapter: object({ ...description, features: list(text()), limits: table(number()) }) },
    ),
    peaks: object({ gflops: number(), gigabytesPerSecond: number() }),
    tables: list(measured, 100),
  },
  {},
);

/** The faults of a report that others should rely on. None if it is valid. */
export const faultsOfShape = (value: unknown): string[] => report(value, '');
