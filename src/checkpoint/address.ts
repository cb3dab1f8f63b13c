/** From what a caller writes as an address to URLs. */
import { ResnetError } from '../errors.ts';
import { placeOf } from './download.ts';

const DEFAULT_HUB = 'https://huggingface.co';

/** Base URL of a repository's files, without slash at the end, for `hf:<owner>/<repo>[@revision]`. */
export function repositoryUrl(address: string, hub = DEFAULT_HUB): string {
  const [, repository, revision = 'main'] = /^hf:(\w[\w.-]*\/\w[\w.-]*)(?:@(.+))?$/.exec(address) ?? [];
  if (repository === undefined) {
    throw new ResnetError('usage', 'The address names no repository.', {
      layer: address,
      hint: "Write 'hf:<owner>/<repo>' or 'hf:<owner>/<repo>@<revision>'.",
    });
  }
  return `${hub.replace(/\/+$/, '')}/${repository}/resolve/${encodeURIComponent(revision)}`;
}

/** An absolute URL; relative addresses are the page's. */
export function absoluteUrl(text: string): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  let url: URL | undefined;
  try {
    url = new URL(text, base);
  } catch {
    // Reported below.
  }
  // Without a page there is nothing to be relative to, and fetch reads no files.
  if (url === undefined || (base === undefined && !/^(https?|blob|data):$/.test(url.protocol))) {
    throw new ResnetError('usage', 'The address is no URL; outside a page a file has to be read by the caller.', {
      layer: text,
      hint: "Pass an absolute URL, or the bytes: in Node, weights: await readFile(path), from 'node:fs/promises'.",
    });
  }
  url.hash = '';
  return url.href;
}

/** Last part of the path, for messages. */
export function nameOf(url: string): string {
  const place = placeOf(url);
  return place.slice(place.lastIndexOf('/') + 1) || place;
}

/** Whether the address is of a converted model (or another TF.js weights manifest): a folder, or a .json file. */
export function isManifestAddress(text: string): boolean {
  return !/^(hf|blob|data):/i.test(text) && /(\/|\.json)$/i.test(text.replace(/[?#].*/s, ''));
}
