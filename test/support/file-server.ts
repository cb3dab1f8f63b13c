import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  /** http://127.0.0.1:<port> */
  readonly origin: string;
  /** `GET <path>`, and the Range header if there is one, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** A server on a free port. `answer` makes its responses. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void): Promise<FileServer> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}${request.headers.range ? ` ${request.headers.range}` : ''}`);
    answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers a Range request as specified. Otherwise sends the whole file. */
export function sendFile(request: IncomingMessage, response: ServerResponse, file: Uint8Array, headers: Record<string, string> = {}): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  const part = Number.isNaN(start) ? file : file.subarray(start);
  const range = Number.isNaN(start) ? {} : { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
  response.writeHead(Number.isNaN(start) ? 200 : 206, { 'content-length': String(part.length), ...range, ...headers });
  response.end(part);
}

/** Announces the whole file, but breaks the connection after `size` bytes. */
export function sendAndBreak(response: ServerResponse, file: Uint8Array, size: number, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-length': String(file.length), ...headers });
  response.write(file.subarray(0, size));
  // Delayed, so that the client has seen the first part.
  setTimeout(() => response.destroy(), 50);
}
