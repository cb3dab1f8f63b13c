import { crc32, deflateRawSync } from 'node:zlib';
import { concat } from './pickle-writer.ts';

export interface ZipOptions {
  /** Deflate the entries instead of storing them. */
  deflate?: boolean;
  /** All sizes and offsets in zip64 fields, as in an archive above 4 GiB. */
  zip64?: boolean;
  /** Archive comment. */
  comment?: string;
  /** Alignment of contents in bytes, by padding the local header's extra field as torch.save does (64). */
  align?: number;
}

const U32 = 0xffffffff;
const U16 = 0xffff;

export function zip(
  files: Record<string, Uint8Array>,
  { deflate = false, zip64 = false, comment = '', align = 1 }: ZipOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const add = (...added: Uint8Array[]) => {
    for (const part of added) {
      parts.push(part);
      at += part.length;
    }
  };
  for (const [path, content] of Object.entries(files)) {
    const name = new TextEncoder().encode(path);
    const packed = deflate ? deflateRawSync(content) : content;
    const method = deflate ? 8 : 0;
    const sum = crc32(content);
    const header = at;
    const unpadded = header + 30 + name.length + 4;
    const padding = new Uint8Array(4 + ((align - (unpadded % align)) % align));
    padding.set(fields([2, 0x4246], [2, padding.length - 4]));
    add(
      fields(
        [4, 0x04034b50],
        [2, 45],
        [2, 0x800],
        [2, method],
        [4, 0],
        [4, sum],
        [4, packed.length],
        [4, content.length],
        [2, name.length],
        [2, padding.length],
      ),
      name,
      padding,
      packed,
    );
    const wide = zip64 ? fields([2, 1], [2, 24], [8, content.length], [8, packed.length], [8, header]) : new Uint8Array();
    directory.push(
      fields([4, 0x02014b50], [2, 45], [2, 45], [2, 0x800], [2, method], [4, 0], [4, sum]),
      fields(
        [4, zip64 ? U32 : packed.length],
        [4, zip64 ? U32 : content.length],
        [2, name.length],
        [2, wide.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
      ),
      fields([4, zip64 ? U32 : header]),
      name,
      wide,
    );
  }
  const start = at;
  const count = Object.keys(files).length;
  add(...directory);
  const size = at - start;
  if (zip64) {
    const end64 = at;
    add(fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, start]));
    add(fields([4, 0x07064b50], [4, 0], [8, end64], [4, 1]));
  }
  const note = new TextEncoder().encode(comment);
  add(fields([4, 0x06054b50], [2, 0], [2, 0], [2, zip64 ? U16 : count], [2, zip64 ? U16 : count]));
  add(fields([4, zip64 ? U32 : size], [4, zip64 ? U32 : start], [2, note.length]), note);
  return concat(...parts);
}

function fields(...list: [bytes: number, value: number][]): Uint8Array {
  return Uint8Array.from(list.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 0xff)));
}
