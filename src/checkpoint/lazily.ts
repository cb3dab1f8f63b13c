import { ResnetError } from '../util/errors.ts';

/** A part of the library that few files need. @throws ResnetError `network` */
export async function lazily<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new ResnetError('network', `The part of the library that reads ${what} could not be loaded.`, {
      hint: 'Check the connection and that all files of the library are served, then call again.',
      cause,
    });
  }
}
