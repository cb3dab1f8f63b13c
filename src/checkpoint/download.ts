import { ResnetError, throwIfAborted } from '../util/errors.ts';
import { truncated } from './fail.ts';
import { Segments } from './segments.ts';
import { abortable, drain } from './stream.ts';
import { sameBytes, strongValidator, versionOf } from './version.ts';

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Decoded bytes so far, `total` if it is known (never less than `loaded`), and which of several files it is. */
  onProgress?: (loaded: number, total?: number, file?: number) => void;
  fetch?: typeof fetch;
  headers?: HeadersInit;
  /** Bypasses the browser's own cache (`reload`), or asks the server first (`no-cache`). */
  mode?: RequestCache;
  /** Called if something is done differently than asked for. */
  warn?: (text: string) => void;
}

type Report = (loaded: number, total?: number) => void;

/** A file during its download. */
interface Transfer {
  bytes: Segments;
  /** Decoded size of the whole file, if the headers tell it reliably. */
  total: number | undefined;
  /** Undefined if the last request failed. */
  response: Response | undefined;
  /** Whether the answers come from another origin. Then unusual headers cost a preflight request. */
  crossOrigin: boolean;
  /** The next request must be for the whole file, because the bytes so far are from another version, or partial requests are refused. */
  again?: boolean;
  cause?: unknown;
}

/** Waits before retries after a broken connection: 1/4, 1/2, 1 and 2 s. */
const MAX_RETRIES = 4;
const FIRST_WAIT_MS = 250;

/** A download, and those who wait for it. */
interface Shared {
  /** Identifies a request: address and options. */
  request: readonly unknown[];
  bytes: Promise<Segments>;
  reports: Set<Report>;
  /** Aborted when nobody waits any more. */
  controller: AbortController;
}

const running = new Set<Shared>();

/**
 * Fetches a file into memory once. The body is written to its place as it arrives, and callers that ask for the same file meanwhile
 * get the same bytes. If the connection breaks, the rest is requested by Range, provided that it is certainly the same file.
 * @throws ResnetError `network` (with the HTTP status as `cause.status`), `checkpoint-truncated`, `aborted`, `usage`
 */
export async function download(url: string, name: string, options: DownloadOptions): Promise<Segments> {
  throwIfAborted(options.signal);
  const shared = sharedDownload(url, name, options);
  const report = progressReporter(options.onProgress);
  shared.reports.add(report);
  try {
    const bytes = await abortable(shared.bytes, options.signal);
    report(bytes.size, bytes.size);
    return bytes;
  } finally {
    shared.reports.delete(report);
    if (shared.reports.size === 0) {
      running.delete(shared);
      shared.controller.abort();
    }
  }
}

function sharedDownload(url: string, name: string, { fetch, headers, mode }: DownloadOptions): Shared {
  const asked = [url, fetch, mode, JSON.stringify([...headersOf(headers)])];
  for (const other of running) if (other.request.every((value, i) => value === asked[i])) return other;
  const controller = new AbortController();
  const reports = new Set<Report>();
  const onProgress: Report = (loaded, total) => {
    for (const report of reports) report(loaded, total);
  };
  const bytes = transfer(url, name, { fetch, headers, mode, onProgress, signal: controller.signal });
  const shared = { request: asked, bytes, reports, controller };
  running.add(shared);
  const done = () => running.delete(shared);
  bytes.then(done, done);
  return shared;
}

async function transfer(url: string, name: string, options: DownloadOptions): Promise<Segments> {
  const report = options.onProgress ?? (() => undefined);
  let current = begin(await request(url, {}, options), name, url);
  for (let retries = 0; !(await receive(current, options.signal, report)); retries++) {
    if (retries === MAX_RETRIES || !/^https?:/i.test(url)) throw broken(current, name);
    await abortable(new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** retries)), options.signal);
    current = await resume(current, url, name, options);
  }
  return current.bytes;
}

/** Headers from the caller. Their values may be secret, and browsers quote them in errors. */
function headersOf(headers: HeadersInit | undefined): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw new ResnetError('usage', 'The name or the value of a header cannot be sent.', {
      layer: 'headers',
      hint: "Pass names and values without line breaks, e.g. { Authorization: 'Bearer …' }.",
    });
  }
}

/** @throws ResnetError `network`, `aborted`, `usage` */
export async function request(
  url: string,
  more: Record<string, string>,
  { signal, fetch: get = fetch, headers: callerHeaders, mode: cache }: DownloadOptions,
  method?: string,
): Promise<Response> {
  throwIfAborted(signal);
  const headers = headersOf(callerHeaders);
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  let response: Response;
  try {
    response = await abortable(get(url, { signal, headers, ...(method && { method }), ...(cache && { cache }) }), signal);
  } catch (cause) {
    throwIfAborted(signal);
    // Outside of browsers there are no origins, and what is underneath has a code: ENOTFOUND, ECONNREFUSED.
    const outside = globalThis.origin === undefined;
    const code = (cause as { cause?: { code?: string } } | undefined)?.cause?.code;
    const more = outside ? code && ` (${code})` : ', or does not let this page read the file';
    throw new ResnetError('network', `The server could not be reached${more ?? ''}.`, {
      layer: placeOf(url),
      hint: `Check the address and the connection${outside ? '' : '; on another origin the server has to send Access-Control-Allow-Origin (CORS)'}.`,
      cause,
    });
  }
  if (!response.ok) throw refused(response, url);
  return response;
}

function begin(answer: Response, name: string, url: string, reuse?: Transfer): Transfer {
  const version = versionOf(answer);
  const { start, next, whole } = placeIn(answer) ?? {};
  // The whole file was requested. A partial answer is only useful if it is the first part, and the rest can be requested or there is none.
  const part = answer.status === 206;
  const cause = part && (start !== 0 || (next !== whole && !strongValidator(version))) ? refused(answer, url) : undefined;
  // A compressed body is longer than its Content-Length.
  const length = part ? whole : Number(answer.headers.get('content-length'));
  const total = isEncoded(answer) ? undefined : length || undefined;
  const bytes = reuse && reuse.total === total ? reuse.bytes : new Segments(name, total);
  bytes.clear();
  bytes.version = version;
  const { origin } = globalThis;
  // There are no origins outside of browsers. An answer that the caller's fetch made itself does not tell.
  const crossOrigin = origin !== undefined && (answer.type === 'cors' || (answer.type === 'default' && !url.startsWith(`${origin}/`)));
  return { bytes, total, response: cause ? undefined : answer, crossOrigin, cause };
}

/** Returns true when the file is complete. */
async function receive(current: Transfer, signal: AbortSignal | undefined, report: Report): Promise<boolean> {
  const { response, bytes, total } = current;
  if (response === undefined) return false;
  const failure = response.body && (await drain(response.body, bytes, signal, (loaded) => report(loaded, total)));
  current.cause = failure?.cause;
  // Too many bytes cannot be the rest of this file.
  current.again = response.status === 206 && total !== undefined && bytes.size > total;
  if (failure || current.again) return false;
  // Another origin may hide its Content-Encoding. Then only a broken connection reveals a short body.
  return total === undefined || bytes.size >= total || response.type === 'cors';
}

/** Requests the rest. Returns the transfer without a response if that must be tried again. */
async function resume(current: Transfer, url: string, name: string, options: DownloadOptions): Promise<Transfer> {
  const { bytes, crossOrigin, again } = current;
  const validator = strongValidator(bytes.version);
  const from = again || validator === undefined ? 0 : bytes.size;
  let response: Response;
  try {
    const part = { Range: `bytes=${from}-`, ...(validator && !crossOrigin && { 'If-Range': validator }) };
    response = await request(url, from > 0 ? part : {}, options);
  } catch (cause) {
    const status = statusOf(cause);
    const outOfRange = status === 416;
    if (!(cause instanceof ResnetError) || cause.code !== 'network') throw cause;
    if (!outOfRange && status !== undefined && status < 500 && status !== 429) throw cause;
    // Some browsers ask another origin before they send Range. If that is refused, the next request goes without.
    return { ...current, response: undefined, cause, again: from > 0 && (outOfRange || (crossOrigin && status === undefined)) };
  }
  if (response.status !== 206 || from === 0) return begin(response, name, url, current);
  const total = wholeOf(response, current);
  if (total !== undefined) return { ...current, total, response };
  // The file changed meanwhile, or cannot be told from another version. Starts again.
  response.body?.cancel().catch(() => undefined);
  return { ...current, response: undefined, again: true };
}

/** The file's length, if the answer is the missing rest of the same file. */
function wholeOf(response: Response, { bytes, total }: Transfer): number | undefined {
  if (isEncoded(response) || !sameBytes(bytes.version, versionOf(response))) return undefined;
  const place = placeIn(response);
  // Another origin may hide Content-Range. Then the lengths must add up.
  if (!place) return total === bytes.size + Number(response.headers.get('content-length')) ? total : undefined;
  return place.start === bytes.size && (total === undefined || place.whole === total) ? place.whole : undefined;
}

function placeIn({ headers }: Response): { start: number; next: number; whole: number } | undefined {
  const [, start, last, whole] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  return start === undefined ? undefined : { start: Number(start), next: Number(last) + 1, whole: Number(whole) };
}

function isEncoded({ headers }: Response): boolean {
  return !/^(identity)?$/i.test(headers.get('content-encoding') ?? '');
}

/** Progress never goes backwards (after a restart), and the total is never below what has arrived. */
function progressReporter(onProgress: DownloadOptions['onProgress']): Report {
  let highest = 0;
  return (loaded, total) => {
    if (loaded < highest) return;
    highest = loaded;
    onProgress?.(loaded, total !== undefined && total >= loaded ? total : undefined);
  };
}

function broken({ bytes, total, cause }: Transfer, name: string): ResnetError {
  if (cause instanceof ResnetError && bytes.size === 0) return cause;
  const got = `${bytes.size}${total === undefined ? '' : ` of ${total}`} bytes`;
  if (cause === undefined) return truncated(name, `The server sent ${got}.`);
  return new ResnetError('network', `The connection broke after ${got}.`, {
    layer: name,
    hint: 'Check the connection and call again.',
    cause,
  });
}

/** HTTP status in a download's error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ResnetError ? (error.cause as { status?: number } | undefined)?.status : undefined;
}

/** The address without possible secrets: its query, which may contain a signature, and a user's name and password. For data: URLs, only the scheme. */
export function placeOf(url: string): string {
  return /^https?:/i.test(url) ? withoutUser(url).replace(/[?#].*/s, '') : url.slice(0, url.indexOf(':') + 1);
}

/** Also works for text that is not quite a URL. */
export function withoutUser(text: string): string {
  return text.replace(/(\/\/)[^/?#]*@/, '$1');
}

/** The error for an unusable answer. */
function refused({ status, statusText, body }: Response, url: string): ResnetError {
  body?.cancel().catch(() => undefined);
  return new ResnetError('network', `The server answered ${status}${statusText && ` ${statusText}`}.`, {
    layer: placeOf(url),
    hint: httpHint(status),
    cause: { status },
  });
}

function httpHint(status: number): string {
  if (status === 401 || status === 403)
    return 'The file needs a login or does not exist: pass a token as headers, or download it yourself and pass it as a File.';
  if (status === 404 || status === 410) return 'Check the address; names are case-sensitive.';
  if (status === 429 || status >= 500) return 'The server is busy or broken: try again later.';
  if (status === 206) return 'A proxy or service worker may answer with parts: look there.';
  return 'Open the address in a browser to see what the server says.';
}
