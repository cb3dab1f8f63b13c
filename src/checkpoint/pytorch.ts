/** What torch.save writes, and the errors for files that are nothing of ours. Loaded on demand. */
import { foreignFormat } from './foreign.ts';
import { readPytorchLegacy } from './pytorch-legacy.ts';
import { readPytorchZip } from './pytorch-zip.ts';
import type { TensorFile } from './safetensors.ts';
import type { ByteSource } from './source.ts';

/** @param head the first 512 bytes */
export async function readPytorch(
  source: ByteSource,
  head: Uint8Array,
): Promise<TensorFile & { format: 'pytorch-zip' | 'pytorch-legacy' }> {
  const text = String.fromCharCode(...head);
  if (text.startsWith('PK\x03\x04')) return { format: 'pytorch-zip', ...(await readPytorchZip(source)) };
  // PROTO 1 to 5; protocol 0 has no such mark, but the magic number in decimal.
  if ((head[0] === 0x80 && (head[1] ?? 6) <= 5) || text.startsWith('L119547037146038801333356L')) {
    return { format: 'pytorch-legacy', ...(await readPytorchLegacy(source)) };
  }
  throw foreignFormat(text, source);
}
