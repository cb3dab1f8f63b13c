/** torch.save since 1.6: a zip with `<name>/data.pkl` and an entry `<name>/data/<key>` for each storage. TorchScript archives are similar. */

import type { ByteSource } from './byte-source.ts';
import { contents } from './contents.ts';
import { BYTES_PER_ELEMENT } from './dtype.ts';
import { malformed } from './fail.ts';
import { unpickle } from './pickle.ts';
import * as lazy from './pytorch-lazy.ts';
import { nestingHost } from './pytorch-legacy.ts';
import type { TensorFile } from './safetensors.ts';
import type { StorageBytes } from './torch-tensor.ts';
import type { CheckpointFormat } from './types.ts';
import { readZip, type ZipEntry } from './zip.ts';

export async function readPytorchZip(source: ByteSource): Promise<TensorFile & { format: CheckpointFormat }> {
  const file = source.name;
  const entries = await readZip(source);
  const pickle = findPickle(entries);
  if (pickle === undefined) {
    const { isNpz, readNpz } = await lazy.numpyFiles();
    if (isNpz(entries)) return { format: 'npz', ...(await readNpz(entries, file)) };
    const { isTorchExport, readTorchExport } = await lazy.torchExports();
    if (isTorchExport(entries)) return { format: 'torch-export', ...(await readTorchExport(entries, file, readPytorchZip)) };
    throw notOurs(entries, file);
  }
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  const root = unpickle(await pickle.read(0, pickle.size), 0, nestingHost(file)).value;
  const order = entries.get(`${folder}byteorder`);
  const bigEndian = order !== undefined && order.size < 16 && new TextDecoder().decode(await order.read(0, order.size)) === 'big';
  const find: Parameters<typeof contents>[2] = ({ dtype, storage }) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    return entry && bigEndian && dtype ? swapped(entry, BYTES_PER_ELEMENT[dtype]) : entry;
  };
  if (entries.has(`${folder}constants.pkl`)) {
    const { readTorchScript } = await lazy.torchScripts();
    return { format: 'torchscript', ...(await readTorchScript({ root, folder, entries, file, find })) };
  }
  return { format: 'pytorch-zip', ...(await contents(root, file, find)) };
}

function findPickle(entries: Map<string, ZipEntry>): ZipEntry | undefined {
  for (const entry of entries.values()) if (/(^|\/)data\.pkl$/.test(entry.name)) return entry;
  return undefined;
}

function notOurs(entries: Map<string, ZipEntry>, file: string) {
  const names = [...entries.keys()];
  return malformed(
    file,
    `This zip archive is not a PyTorch checkpoint: it has no data.pkl, but ${names.slice(0, 3).join(', ') || 'nothing'}.`,
    'Pass a .pth or .safetensors file. A Keras archive, or a zipped folder, has to be converted or unpacked first.',
  );
}

/** A big-endian machine's storage (entry `byteorder`) in little-endian order. */
function swapped({ size, read }: ZipEntry, elementBytes: number): StorageBytes {
  return {
    size,
    async read(start, end) {
      const bytes = new Uint8Array(await read(start, end));
      for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
      return bytes;
    },
  };
}
