import { ResnetError, throwIfAborted } from '../errors.ts';
import { truncated } from './fail.ts';
import { Segments } from './segments.ts';
import { abortable, drain } from './stream.ts';

export interface DownloadOptions {
  signal?: AbortSignal;
  /** Decoded bytes so far; `total` where it is known, never below `loaded`. */
  onProgress?: (loaded: number, total?: number) => void;
  fetch?: typeof fetch;
}

/** A file on its way. */
interface Transfer {
  bytes: Segments;
  /** Decoded bytes of the whole file, as far as the headers can be trusted. */
  total: number | undefined;
  etag: string | null;
  /** Undefined where the last request failed. */
  response: Response | undefined;
  cause?: unknown;
}

/** Breaks of the connection that are mended: waits of 1/4, 1/2, 1 and 2 s. */
const MAX_RETRIES = 4;
const FIRST_WAIT_MS = 250;

/**
 * Fetches a file into memory, once: the body is written to its place as it arrives. Where the connection breaks, the
 * rest is asked for by Range.
 * @throws ResnetError `network` (with the HTTP status as `cause.status`), `checkpoint-truncated`, `aborted`
 */
export async function download(url: string, name: string, options: DownloadOptions): Promise<Segments> {
  const report = progressReporter(options.onProgress);
  let transfer = begin(await request(url, 0, options), name);
  for (let retries = 0; !(await receive(transfer, options.signal, report)); retries++) {
    if (retries === MAX_RETRIES || !/^https?:/i.test(url)) throw broken(transfer, name);
    await abortable(new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** retries)), options.signal);
    transfer = await resume(transfer, url, name, options);
  }
  report(transfer.bytes.size, transfer.bytes.size);
  return transfer.bytes;
}

async function request(url: string, from: number, { signal, fetch: get = fetch }: DownloadOptions): Promise<Response> {
  throwIfAborted(signal);
  let response: Response;
  try {
    response = await abortable(get(url, { signal, ...(from > 0 && { headers: { Range: `bytes=${from}-` } }) }), signal);
  } catch (cause) {
    throwIfAborted(signal);
    throw new ResnetError('network', 'The server could not be reached, or does not let this page read the file.', {
      layer: placeOf(url),
      hint: 'Check the address and the connection; on another origin the server has to send Access-Control-Allow-Origin (CORS).',
      cause,
    });
  }
  if (!response.ok) {
    response.body?.cancel().catch(() => undefined);
    throw httpError(response, url);
  }
  return response;
}

function begin(response: Response, name: string, reuse?: Transfer): Transfer {
  // A compressed body is longer than its Content-Length.
  const total = isEncoded(response) ? undefined : Number(response.headers.get('content-length')) || undefined;
  const bytes = reuse && reuse.total === total ? reuse.bytes : new Segments(name, total);
  bytes.clear();
  bytes.version = versionOf(response.headers);
  return { bytes, total, etag: response.headers.get('etag'), response };
}

/** True when the file is whole. */
async function receive(
  transfer: Transfer,
  signal: AbortSignal | undefined,
  report: (loaded: number, total?: number) => void,
): Promise<boolean> {
  const { response, bytes, total } = transfer;
  if (response === undefined) return false;
  const failure = response.body && (await drain(response.body, bytes, signal, (loaded) => report(loaded, total)));
  transfer.cause = failure?.cause;
  if (failure) return false;
  // Another origin may hide its Content-Encoding, so that only a break tells a short body there.
  return total === undefined || bytes.size >= total || response.type === 'cors';
}

/** Asks for the rest; the transfer comes back without a response where that has to be tried again. */
async function resume(transfer: Transfer, url: string, name: string, options: DownloadOptions): Promise<Transfer> {
  const { bytes } = transfer;
  let response: Response;
  try {
    response = await request(url, bytes.size, options);
  } catch (cause) {
    const status = statusOf(cause);
    if (status === 416) bytes.clear();
    else if (!(cause instanceof ResnetError) || cause.code === 'aborted' || (status !== undefined && status < 500 && status !== 429))
      throw cause;
    return { ...transfer, response: undefined, cause };
  }
  if (response.status !== 206) return begin(response, name, transfer);
  const whole = continues(response, transfer);
  if (whole !== undefined) return { ...transfer, total: whole, response };
  // The file changed meanwhile, or the server counts otherwise: from the start.
  response.body?.cancel().catch(() => undefined);
  bytes.clear();
  return { ...transfer, response: undefined };
}

/** The file's length if the answer is the missing rest of the same file. */
function continues(response: Response, { bytes, total, etag }: Transfer): number | undefined {
  const { headers } = response;
  const newTag = headers.get('etag');
  if (isEncoded(response) || (etag !== null && newTag !== null && newTag !== etag)) return undefined;
  const [, start, whole] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  // Another origin may hide Content-Range; then the lengths have to add up.
  if (start === undefined) return total === bytes.size + Number(headers.get('content-length')) ? total : undefined;
  return Number(start) === bytes.size && (total === undefined || Number(whole) === total) ? Number(whole) : undefined;
}

function isEncoded({ headers }: Response): boolean {
  return !/^(identity)?$/i.test(headers.get('content-encoding') ?? '');
}

/** Never goes back (after a restart) and never shows a total below what has arrived. */
function progressReporter(onProgress: DownloadOptions['onProgress']) {
  let highest = 0;
  return (loaded: number, total?: number): void => {
    if (loaded < highest) return;
    highest = loaded;
    onProgress?.(loaded, total !== undefined && total >= loaded ? total : undefined);
  };
}

function broken({ bytes, total, cause }: Transfer, name: string): ResnetError {
  const got = `${bytes.size}${total === undefined ? '' : ` of ${total}`} bytes`;
  if (cause === undefined) return truncated(name, `The server sent only ${got}.`);
  return new ResnetError('network', `The connection broke after ${got}.`, {
    layer: name,
    hint: 'Check the connection and call again.',
    cause,
  });
}

/** What a server says to tell a file from another one at the same address. Another origin may hide ETag, never Last-Modified. */
export function versionOf(headers: Headers): string | undefined {
  return headers.get('etag') ?? headers.get('last-modified') ?? undefined;
}

/** HTTP status of a download's error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ResnetError ? (error.cause as { status?: number } | undefined)?.status : undefined;
}

/** The address without its query, which may hold a signature; of a data: URL the scheme. */
export function placeOf(url: string): string {
  return /^https?:/i.test(url) ? url.replace(/[?#].*/s, '') : url.slice(0, url.indexOf(':') + 1);
}

function httpError({ status, statusText }: Response, url: string): ResnetError {
  return new ResnetError('network', `The server answered ${status}${statusText && ` ${statusText}`}.`, {
    layer: placeOf(url),
    hint: httpHint(status),
    cause: { status },
  });
}

function httpHint(status: number): string {
  if (status === 401 || status === 403) return 'The file needs a login or does not exist: download it yourself and pass it as a File.';
  if (status === 404 || status === 410) return 'Check the address; names are case-sensitive.';
  if (status === 429 || status >= 500) return 'The server is busy or broken: try again later.';
  return 'Open the address in a browser to see what the server says.';
}
