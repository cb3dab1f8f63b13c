/** Compares bytes with a recorded SHA-256. The browser computes it off the page's thread. */
import { ResnetError } from '../util/errors.ts';
import type { Segments } from './segments.ts';

/** The browser needs all bytes at once, and copies them. */
const MAX_BYTES = 2 ** 30;

/**
 * @returns why they were not compared, or undefined if they were
 * @throws ResnetError `integrity`
 */
export async function verifySha256(
  bytes: Segments,
  expected: { size?: number; sha256?: string },
  { file, hint }: { file: string; hint: string },
): Promise<string | undefined> {
  const fail = (what: string) => new ResnetError('integrity', what, { layer: file, hint });
  const { size, sha256 } = expected;
  if (size !== undefined && bytes.size !== size) throw fail(`The file has ${bytes.size} bytes, but the listing says ${size}.`);
  if (sha256 === undefined) return 'none is listed for it';
  if (bytes.size > MAX_BYTES) return `it has ${bytes.size} bytes, and more than ${MAX_BYTES} are not hashed`;
  const actual = await digestOf(await bytes.read(0, bytes.size));
  if (actual === undefined) return 'pages without HTTPS have no crypto.subtle';
  if (actual !== sha256) throw fail(`Its SHA-256 is ${actual}, but the listing says ${sha256}.`);
  return undefined;
}

/** In hexadecimal. Undefined without crypto.subtle, as in pages without HTTPS. */
export async function digestOf(bytes: Uint8Array): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return undefined;
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
