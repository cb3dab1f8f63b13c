/** Files of torch.save, pickle and NumPy, and the errors for unknown files. Loaded on demand. */

import type { ByteSource } from './byte-source.ts';
import { otherFormat } from './other-formats.ts';
import * as lazy from './pytorch-lazy.ts';
import { isPytorchLegacy, readPytorchLegacy } from './pytorch-legacy.ts';
import { readPytorchZip } from './pytorch-zip.ts';
import type { TensorFile } from './safetensors.ts';
import type { CheckpointFormat } from './types.ts';

/** @param head the first 512 bytes */
export async function readPytorch(source: ByteSource, head: Uint8Array): Promise<TensorFile & { format: CheckpointFormat }> {
  const text = String.fromCharCode(...head);
  if (text.startsWith('PK\x03\x04')) return readPytorchZip(source);
  if (isPytorchLegacy(head)) return { format: 'pytorch-legacy', ...(await readPytorchLegacy(source)) };
  // PROTO 1 to 5. Protocols 0 and 1 have no such mark, but start with a container or a class.
  if ((head[0] === 0x80 && (head[1] ?? 6) <= 5) || /^\((dp\d|lp\d|i\w)|^[}\]]q|^c\w+\n/.test(text)) {
    const { readPlainPickle } = await lazy.pickles();
    return { format: 'pickle', ...(await readPlainPickle(source)) };
  }
  // zlib's header: deflate, a multiple of 31.
  if (head[0] === 0x78 && (0x7800 + (head[1] ?? 0)) % 31 === 0) {
    const { readPackedPickle } = await lazy.pickles();
    return { format: 'pickle', ...(await readPackedPickle(source)) };
  }
  if (text.startsWith('\x93NUMPY')) {
    const { readNpy } = await lazy.numpyFiles();
    return { format: 'npz', ...(await readNpy(source)) };
  }
  throw otherFormat(text, source);
}
