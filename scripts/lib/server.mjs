// A static file server for tests.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve } from 'node:path';
import { root } from './setup.mjs';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.wgsl': 'text/plain',
  '.wasm': 'application/wasm',
};

/**
 * `routes` are tried first: a function for each path. Then `folders` map the first part of a path (`*`: any) to a folder of the repository.
 * @param {{ folders: Record<string, string>, routes?: Record<string, import('node:http').RequestListener>, headers?: (path: string) => Record<string, string> }} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function serve({ folders, routes = {}, headers = () => ({}) }) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const route = routes[pathname];
    if (route) return route(request, response);
    const [, first = '', ...rest] = normalize(decodeURIComponent(pathname)).split(/[\\/]/);
    const folder = folders[first] ?? folders['*'];
    const file = folder === undefined ? undefined : resolve(root, folder, ...(folders[first] === undefined ? [first] : []), ...rest);
    const size = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    if (!file || !size?.isFile()) return void response.writeHead(404).end(`no ${pathname}`);
    response.writeHead(200, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      'content-length': size.size,
      'cache-control': 'no-store',
      ...headers(pathname),
    });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined));
        server.closeAllConnections();
      }),
  };
}

/** A folder as a website. @param {string} folder */
export function serveFolder(folder) {
  const index = (/** @type {import('node:http').IncomingMessage} */ _, /** @type {import('node:http').ServerResponse} */ response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    createReadStream(join(folder, 'index.html')).pipe(response);
  };
  return serve({ folders: { '*': folder }, routes: { '/': index } });
}
