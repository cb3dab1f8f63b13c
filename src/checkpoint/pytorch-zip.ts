/** torch.save since 1.6: a zip of `<name>/data.pkl` and one entry `<name>/data/<key>` per storage. */
import { BYTES_PER_ELEMENT } from './dtype.ts';
import { malformed } from './fail.ts';
import { unpickle } from './pickle.ts';
import type { TensorFile } from './safetensors.ts';
import type { ByteSource } from './source.ts';
import { torchHost } from './torch-pickle.ts';
import { type StorageBytes, torchTensor } from './torch-tensor.ts';
import type { CheckpointTensor } from './types.ts';
import { unwrap } from './unwrap.ts';
import { readZip, type ZipEntry } from './zip.ts';

export async function readPytorchZip(source: ByteSource): Promise<TensorFile> {
  const file = source.name;
  const entries = await readZip(source);
  const pickle = findPickle(entries, file);
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw malformed(file, 'This is a TorchScript program.', 'Save the weights: torch.save(torch.jit.load(path).state_dict(), new_path).');
  }
  const root = unpickle(await pickle.read(0, pickle.size), 0, torchHost(file)).value;
  const order = entries.get(`${folder}byteorder`);
  const bigEndian = order !== undefined && order.size < 16 && new TextDecoder().decode(await order.read(0, order.size)) === 'big';
  const { tensors, metadata } = unwrap(root, file);
  const checked = new Map<string, CheckpointTensor>();
  for (const [key, tensor] of tensors) {
    const entry = entries.get(`${folder}data/${tensor.storage.key}`);
    const storage = entry && bigEndian && tensor.dtype ? swapped(entry, BYTES_PER_ELEMENT[tensor.dtype]) : entry;
    checked.set(key, torchTensor(key, tensor, storage, file));
  }
  return { tensors: checked, metadata };
}

function findPickle(entries: Map<string, ZipEntry>, file: string): ZipEntry {
  for (const entry of entries.values()) if (/(^|\/)data\.pkl$/.test(entry.name)) return entry;
  const names = [...entries.keys()];
  throw malformed(
    file,
    `This zip archive is no PyTorch checkpoint: it has no data.pkl, but ${names.slice(0, 3).join(', ') || 'nothing'}.`,
    'Pass a .pth or .safetensors file. A Keras or NumPy archive, or a zipped folder, has to be converted or unpacked first.',
  );
}

/** The storage of a big-endian machine (entry `byteorder`) in little-endian order. */
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
