/** From an address that a caller passes to URLs. */
import { ResnetError } from '../util/errors.ts';
import { placeOf } from './download.ts';

export function isHubAddress(text: string): boolean {
  return text.startsWith('hf:');
}

/** An absolute URL. Relative addresses are relative to the page. */
export function absoluteUrl(text: string): string {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  let url: URL | undefined;
  try {
    url = new URL(text, base);
  } catch {
    // Reported below.
  }
  // Without a page there is no base URL, and fetch does not read files.
  if (url === undefined || (base === undefined && !/^(https?|blob|data):$/.test(url.protocol))) {
    throw new ResnetError('usage', 'Outside of a page, an address must be an absolute URL, and fetch does not read files.', {
      // A name and a password may come before the last @, whatever is wrong with the rest.
      layer: text.replace(/\/\/.*@/s, '//'),
      hint: "Pass an absolute URL. For a file in Node, pass its bytes, or weights: pathToFileURL(path), from 'node:url'.",
    });
  }
  // fetch refuses such addresses, and its error quotes them.
  if (url.username || url.password) {
    throw new ResnetError('usage', 'The address has a user name or a password in it, which fetch refuses.', {
      layer: placeOf(url.href),
      hint: "Take them out, and pass headers: { Authorization: 'Basic ' + btoa(user + ':' + password) }.",
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

/** Whether the address is that of a converted model (or another TF.js weights manifest) or of an index of parts: a folder, or a .json file. */
export function isManifestAddress(text: string): boolean {
  return !/^(hf|blob|data):/i.test(text) && /(\/|\.json)$/i.test(text.replace(/[?#].*/s, ''));
}

/** Whether the name is that of a part, as written by transformers and accelerate: `model-00001-of-00002.safetensors`. */
export function isPart(name: string): boolean {
  return PART.test(name.replace(/[?#].*/s, ''));
}

export const PART = /-(\d{5,})-of-(\d{5,})(?=\.[\w.]+$)/;
