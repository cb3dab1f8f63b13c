/** Reads files by their `file:` address if there is a file system (Node, Deno, Bun). `fetch` does not read these. */
import { ResnetError } from './errors.ts';

interface FileSystem {
  openAsBlob(path: string): Promise<Blob>;
  promises: { stat(path: string): Promise<{ isDirectory(): boolean }>; readdir(path: string): Promise<string[]> };
}

interface Runtime {
  getBuiltinModule?(name: 'node:fs'): FileSystem | undefined;
  getBuiltinModule?(name: 'node:url'): { fileURLToPath(url: string): string } | undefined;
}

export function isFileAddress(address: string): boolean {
  return /^file:/i.test(address);
}

/**
 * The file, read piece by piece. For a folder, all files in it. Undefined if there is no file system; then the browser reports
 * the address itself.
 * @throws ResnetError `usage` if there is no such file
 */
export async function openLocal(address: string): Promise<File | File[] | undefined> {
  const { process } = globalThis as { process?: Runtime };
  const [fs, url] = [process?.getBuiltinModule?.('node:fs'), process?.getBuiltinModule?.('node:url')];
  if (!fs?.openAsBlob || !url) return undefined;
  try {
    const path = url.fileURLToPath(address);
    const open = async (file: string, name: string) => new File([await fs.openAsBlob(file)], name);
    if (!(await fs.promises.stat(path)).isDirectory()) return await open(path, nameIn(path));
    const names = (await fs.promises.readdir(path)).sort();
    const files = await Promise.all(
      names.map(async (name) => ({ name, isFolder: (await fs.promises.stat(`${path}/${name}`)).isDirectory() })),
    );
    return await Promise.all(files.filter(({ isFolder }) => !isFolder).map(({ name }) => open(`${path}/${name}`, name)));
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new ResnetError(
      'usage',
      absent ? 'There is no such file.' : `The file cannot be read: ${cause instanceof Error ? cause.message : cause}.`,
      {
        layer: address,
        hint: 'Check the address.',
        cause,
      },
    );
  }
}

function nameIn(path: string): string {
  return /[^\\/]*$/.exec(path)?.[0] ?? path;
}
