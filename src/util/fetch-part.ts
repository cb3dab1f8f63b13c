/** Fetches parts of the library when they are needed. */
import { ResnetError } from './errors.ts';

/**
 * @param importing the part's `import()`
 * @param reads the kind of files that the part reads
 * @throws ResnetError `network` if it cannot be fetched, `unsupported` in service workers, which have no import()
 */
export async function fetchPart<T>(importing: Promise<T>, reads?: string): Promise<T> {
  try {
    return await importing;
  } catch (cause) {
    // https://github.com/w3c/ServiceWorker/issues/1585
    if ('ServiceWorkerGlobalScope' in globalThis) {
      const hint = "Import 'resnet-webgpu/bundle' there, which is the library in one file.";
      throw new ResnetError('unsupported', 'A service worker cannot import() parts of the library.', { hint, cause });
    }
    throw new ResnetError('network', `The part of the library that ${reads ? `reads ${reads}` : 'this needs'} could not be loaded.`, {
      hint: 'Check the connection and that all files of the library are served, then call again.',
      cause,
    });
  }
}
