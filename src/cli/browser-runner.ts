/** Runs a job in headless Chromium. This process serves the library, the weights and the images. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { LoadOptions, ModelSource } from '../api/types.ts';
import { isHubAddress } from '../checkpoint/address.ts';
import { describeWeights } from '../checkpoint/describe.ts';
import { request } from '../checkpoint/download.ts';
import { type Browser, findChromium, GPU_FLAGS, launch, SOFTWARE_FLAGS } from './chromium.ts';
import { undecodable } from './decode.ts';
import { firstBytes, imageBytes } from './files.ts';
import {
  type Failure,
  failureOf,
  type ImageFile,
  type ImageOutcome,
  type Job,
  type OnResult,
  type Outcome,
  type Report,
  type WeightsPlace,
} from './job.ts';
import { packageRoot } from './package-root.ts';
import { progressText } from './report.ts';

/** The part of the job that the page gets. It fetches bytes itself. */
interface PageJob {
  library: string;
  source: Exclude<ModelSource, string | URL> & { weights: string };
  images: { name: string; url: string }[];
  topK: number;
  precision: NonNullable<LoadOptions['precision']>;
}

/** Of an image, by its place in the list. */
type PageResult = ImageOutcome & { index: number; undecoded?: boolean };

type PageOutcome = Omit<Outcome, 'through'> | { failure: Failure };

export function hasChromium(): boolean {
  return findChromium() !== undefined;
}

export async function runInBrowser(job: Job, report: Report, onResult: OnResult): Promise<Outcome> {
  const program = findChromium();
  if (!program) throw new Error('There is no Chromium.');
  const site = await serve(job);
  let browser: Browser | undefined;
  try {
    report('Starting the browser');
    browser = await openWithAdapter(program, site.url);
    const { page } = browser;
    await page.expose('reportProgress', (text) => report(progressText(JSON.parse(text))));
    // One after the other, though for some a file is read again.
    let told = Promise.resolve();
    await page.expose('reportResult', (text) => {
      told = told.then(async () => onResult(await inTerminalWords(JSON.parse(text), job.images)));
    });
    const { weights } = job;
    const pageJob: PageJob = {
      library: `${site.url}library/index.js`,
      // The library accesses a hub directly. Any other site would have to allow this page, so requests to it go through the server.
      source: { arch: job.arch, labels: job.labels, weights: isHub(weights) ? weights.address : `${site.url}weights/${nameOf(weights)}` },
      images: job.images.map(({ name }, index) => ({ name, url: `${site.url}images/${index}` })),
      topK: job.topK,
      precision: job.precision,
    };
    const outcome = await page.evaluate<PageOutcome>(`(${runInPage})(${JSON.stringify(pageJob)})`);
    await told;
    report('');
    if ('failure' in outcome) {
      if (outcome.failure.code === 'network' && 'address' in weights) await askFromHere(weights.address);
      throw Object.assign(new Error(outcome.failure.message), { code: 'browser' });
    }
    return { ...outcome, through: `headless ${basename(program)}` };
  } finally {
    await browser?.close();
    site.close();
  }
}

/** Uses the machine's GPU, or else Chromium's software adapter. */
async function openWithAdapter(program: string, url: string): Promise<Browser> {
  for (const flags of [GPU_FLAGS, SOFTWARE_FLAGS]) {
    const browser = await launch(program, flags);
    try {
      await browser.page.goto(url);
      if (await browser.page.evaluate<boolean>('navigator.gpu?.requestAdapter().then(Boolean) ?? false')) return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
    if (flags === SOFTWARE_FLAGS) return browser; // and let the library say what is missing
    await browser.close();
  }
  throw new Error('unreachable');
}

/** Replaces an error about an image that is meant for people who look at a page. */
async function inTerminalWords(result: PageResult, images: readonly ImageFile[]): Promise<ImageOutcome> {
  const { index, undecoded, ...outcome } = result;
  const image = images[index];
  return image && undecoded ? { image: image.name, error: failureOf(undecodable(image.name, await firstBytes(image))) } : outcome;
}

/**
 * When a download fails, the page's error is about pages (CORS), and may name this process's server. If the download fails in this process,
 * too, that error is about the address that was typed.
 */
export async function askFromHere(address: string, hub?: string): Promise<void> {
  if (isHubAddress(address)) await describeWeights(address, { hub });
  else await request(address, {}, {}, 'HEAD');
}

/** Runs inside the page, so it may only use its argument. */
async function runInPage({ library, source, images, topK, precision }: PageJob): Promise<PageOutcome> {
  const page = globalThis as unknown as { reportProgress(text: string): void; reportResult(text: string): void };
  const tell = (result: PageResult) => page.reportResult(JSON.stringify(result));
  const failed = (error: unknown) => ({
    message: error instanceof Error ? error.message : String(error),
    code: error instanceof Error && 'code' in error ? String(error.code) : undefined,
  });
  try {
    const { loadModel } = (await import(/* @vite-ignore */ library)) as typeof import('../index.ts');
    const model = await loadModel(source, { precision, onProgress: (progress) => page.reportProgress(JSON.stringify(progress)) });
    for (const [index, { name, url }] of images.entries()) {
      try {
        const answer = await fetch(url);
        if (!answer.ok) throw Object.assign(new Error(await answer.text()), { code: 'image' });
        tell({ index, image: name, predictions: await model.classify(await answer.blob(), { topK }) });
      } catch (error) {
        const { message, code } = failed(error);
        // What createImageBitmap says is underneath; a size that is refused has nothing underneath.
        tell({ index, image: name, error: { message, code }, undecoded: code === 'image' && (error as Error).cause !== undefined });
      }
    }
    const { arch, parameters, precision: used, adapter } = model.info;
    return { info: { arch, parameters, precision: used, adapter } };
  } catch (error) {
    return { failure: failed(error) };
  }
}

function isHub(weights: WeightsPlace): weights is { address: string } {
  return 'address' in weights && isHubAddress(weights.address);
}

/** The last part of the path. Neighbouring files have the same relative path on this process's server. A folder keeps its slash. */
function nameOf(weights: WeightsPlace): string {
  if ('file' in weights) return encodeURIComponent(basename(weights.file));
  const { pathname } = new URL(weights.address);
  return /[^/]*\/?$/.exec(pathname)?.[0] ?? '';
}

/** The address of a page's request: the weights, or a file next to or inside them that a manifest names. */
function placeOf(weights: WeightsPlace, path: string): WeightsPlace {
  if ('file' in weights) return { file: join(dirname(weights.file), path) };
  const address = new URL(weights.address);
  // The page's URL has no query. The query of the weights' URL may contain a signature, which also applies to neighbouring files.
  const place = new URL(
    `./${path.replace(/^\/+/, '')}`,
    new URL(address.pathname.endsWith('/') && address.pathname !== '/' ? '..' : '.', address),
  );
  place.search = address.search;
  return { address: place.href };
}

interface Site {
  /** Ends with a slash. */
  url: string;
  close(): void;
}

/** Only on this machine, and under a path that nobody else knows. */
async function serve(job: Job): Promise<Site> {
  const secret = randomUUID();
  const library = join(packageRoot().folder, 'dist');
  if (!existsSync(join(library, 'index.js'))) throw new Error('The library is not built. Run npm run build.');
  const answer: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, key, kind = '', ...rest] = decodeURIComponent(pathname).split('/');
    if (key !== secret || rest.includes('..')) return refuse(response);
    if (kind === '')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>resnet-webgpu</title>');
    if (kind === 'library') return sendFile(response, join(library, ...rest), 'text/javascript');
    if (kind === 'weights') {
      // Not decoded, because a name may contain an escaped slash.
      const path = pathname.slice(pathname.indexOf('/weights/') + '/weights/'.length);
      return void sendWeights(request, response, placeOf(job.weights, 'file' in job.weights ? decodeURIComponent(path) : path));
    }
    const image = job.images[Number(rest[0])];
    return image ? void sendImage(response, image) : refuse(response);
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${secret}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function refuse(response: ServerResponse): void {
  response.writeHead(404).end();
}

function sendFile(response: ServerResponse, file: string, type: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) {
    response.writeHead(200, { 'content-type': type, 'content-length': found.size });
    createReadStream(file).pipe(response);
  } else refuse(response);
}

async function sendImage(response: ServerResponse, image: ImageFile): Promise<void> {
  try {
    const bytes = await imageBytes(image);
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
  } catch (error) {
    response.writeHead(500, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : String(error));
  }
}

/** Headers of an answer that the library uses. */
const PASSED_ON = ['content-type', 'content-range', 'etag', 'last-modified'];

async function sendWeights(request: IncomingMessage, response: ServerResponse, weights: WeightsPlace): Promise<void> {
  if ('file' in weights) return sendFile(response, weights.file, 'application/octet-stream');
  try {
    const asked = Object.entries(request.headers).filter(([name]) => name === 'range' || name === 'if-range') as [string, string][];
    const answer = await fetch(weights.address, { method: request.method, headers: Object.fromEntries(asked) });
    const headers = PASSED_ON.map((name) => [name, answer.headers.get(name)] as const).filter(([, value]) => value !== null);
    const length = answer.headers.get('content-encoding') ? null : answer.headers.get('content-length');
    response.writeHead(answer.status, { ...Object.fromEntries(headers), ...(length ? { 'content-length': length } : {}) });
    if (answer.body) await pipeline(Readable.fromWeb(answer.body as NodeReadableStream), response);
    else response.end();
  } catch {
    // The page sees a broken download, and the library reports it.
    if (!response.headersSent) response.writeHead(502);
    response.destroy();
  }
}
