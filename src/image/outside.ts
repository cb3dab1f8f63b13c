/** Files without a browser (Node, Deno, Bun): decoded by the package's own PNG and JPEG readers. */
import type { RawImage } from '../api/types.ts';
import { isFileAddress, openLocal } from '../util/local-files.ts';
import { imageError } from './pixels.ts';

type Decode = (file: Blob) => Promise<RawImage>;

/** Node's `process`, or its replacement. */
export interface Runtime {
  argv?: readonly string[];
  cwd(): string;
  getBuiltinModule?(name: string): { createRequire(file: string): (name: string) => { decodeImage?: Decode } } | undefined;
}

/**
 * @param open the file behind a Blob or an address
 * @param source what the caller passed; `fetch` does not open `file:` addresses
 * @param runtime undefined where there is nothing like Node
 * @throws ResnetError `image` for sources that need a browser, and if the package is not found
 */
export async function decodeOutside(
  kind: string,
  open: () => Blob | Promise<Blob>,
  source?: unknown,
  runtime = (globalThis as { process?: Runtime }).process,
): Promise<RawImage> {
  if (!/^(Blob|String|URL)$/.test(kind)) {
    throw imageError(
      `${kind} cannot be read here: there is no browser.`,
      'Pass a Blob, or { data, width, height } with RGB or RGBA bytes.',
    );
  }
  const decode = runtime && findDecoder(runtime);
  if (decode) {
    const local = kind !== 'Blob' && isFileAddress(String(source)) ? await openLocal(String(source)) : undefined;
    if (Array.isArray(local)) throw imageError('This is the address of a folder.', 'Pass the address of an image in it.');
    return decode(local ?? (await open()));
  }
  throw imageError(
    `${kind} cannot be decoded here: there is no browser, and resnet-webgpu/node is not found.`,
    'Decode it first and pass { data, width, height } with RGB or RGBA bytes.',
  );
}

/**
 * By the package's name, from the program's folder or the current one. No import names it, because bundlers for browsers would include the
 * decoders, which are only for Node.
 */
function findDecoder(runtime: Runtime): Decode | undefined {
  const { createRequire } = runtime.getBuiltinModule?.('node:module') ?? {};
  for (const from of [runtime.argv?.[1], `${runtime.cwd()}/package.json`]) {
    if (!from || !createRequire) continue;
    try {
      return createRequire(from)('resnet-webgpu/node').decodeImage;
    } catch {}
  }
  return undefined;
}
