/** A server with the layout and the behaviour of the Hugging Face Hub. */
import { gzipSync } from 'node:zlib';
import { type FileServer, sendFile, serve } from './file-server.ts';
import { safetensors } from './safetensors-writer.ts';

/** Files by `<owner>/<repo>/<revision>/<file>`. Objects are sent as JSON. */
export type HubFiles = Record<string, Uint8Array | object>;

/**
 * JSON is sent compressed, and weights by a redirection to another path, like the Hub's CDN. A missing file is 404. A missing repository is
 * 401, like one that needs a login.
 * @param headers of the weights
 */
export function serveHub(files: HubFiles, headers: Record<string, string> = {}): Promise<FileServer> {
  return serve((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'X-Repo-Commit,X-Error-Code,ETag,Link,Accept-Ranges,Content-Range,X-Linked-ETag');
    const url = decodeURIComponent(request.url ?? '');
    const [, repository, revision, file] = /^\/([^/]+\/[^/]+)\/resolve\/(.+?)\/([^/]+)$/.exec(url.replace(/^\/cdn/, '')) ?? [];
    const known = Object.keys(files).some((path) => path.startsWith(`${repository}/`));
    const content = files[`${repository}/${revision}/${file}`];
    if (!known) {
      response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end('Invalid username or password.');
    } else if (!content) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('Entry not found');
    } else if (!(content instanceof Uint8Array)) {
      const body = gzipSync(JSON.stringify(content));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': String(body.length) });
      response.end(body);
    } else if (!url.startsWith('/cdn')) {
      response.writeHead(302, { location: `/cdn${request.url}` }).end();
    } else {
      sendFile(request, response, content, headers);
    }
  });
}

/** A safetensors file with other names. */
export function renamed(file: Uint8Array, rename: (key: string) => string): Uint8Array<ArrayBuffer> {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  const entries = Object.entries(header).filter(([key]) => key !== '__metadata__');
  return safetensors.raw(
    JSON.stringify(Object.fromEntries(entries.map(([key, entry]) => [rename(key), entry]))),
    file.subarray(8 + length),
  );
}
