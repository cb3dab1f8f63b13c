/** The files of a drop, including those in its folders. */

/** Returns immediately if there is no folder. Reading folders takes a while. Call it during the event, because the data is gone afterwards. */
export function filesOfDrop(data: DataTransfer): File[] | Promise<File[]> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  const files = [...data.files];
  return entries.some((entry) => entry.isDirectory) ? filesOf(entries) : files;
}

async function filesOf(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const files: File[] = [];
  for (const entry of entries) {
    if (isFolder(entry)) files.push(...(await filesOf(await childrenOf(entry))));
    else files.push(withPath(await fileOf(entry as FileSystemFileEntry), entry.fullPath));
  }
  return files;
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** A hundred at a time, until there are no more. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** The same as for a file that was chosen with its folder. */
function withPath(file: File, fullPath: string): File {
  return Object.defineProperty(file, 'webkitRelativePath', { value: fullPath.replace(/^\//, ''), configurable: true });
}
