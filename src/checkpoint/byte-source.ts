import { ResnetError } from '../util/errors.ts';
import { tagOf } from '../util/tag.ts';
import { truncated } from './fail.ts';

/** Random access to the bytes of a checkpoint. A picked file is never read as a whole. */
export interface ByteSource {
  /** Name of the file or similar, for messages. */
  readonly name: string;
  readonly size: number;
  /**
   * Bytes [start, end). A view if they are in memory.
   * @throws ResnetError `checkpoint-truncated` past the end, `integrity` if the file changed since it was picked.
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

export function sourceOf(data: ArrayBuffer | Uint8Array | Blob, name?: string): ByteSource {
  // Text decoders refuse shared memory. A Node Buffer is wrapped again, because its `slice` does not copy.
  if (ArrayBuffer.isView(data) && tagOf(data.buffer) === 'ArrayBuffer') {
    return fromBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), name);
  }
  const kind = tagOf(data);
  // A transferred buffer cannot be read, and its length is 0.
  if (kind === 'ArrayBuffer')
    return fromBytes((data as ArrayBuffer).byteLength ? new Uint8Array(data as ArrayBuffer) : new Uint8Array(), name);
  if (kind === 'Blob' || kind === 'File') return fromBlob(data as Blob, name);
  throw new ResnetError('usage', `A checkpoint cannot be read from ${kind}.`, {
    layer: 'weights',
    hint: 'Pass the bytes of the file as ArrayBuffer, Uint8Array or Blob.',
  });
}

function fromBytes(bytes: Uint8Array, name = 'checkpoint'): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(start, end) {
      checkRange(this, end);
      return bytes.subarray(start, end);
    },
  };
}

function fromBlob(blob: Blob, name = (blob as Partial<File>).name ?? 'checkpoint'): ByteSource {
  return {
    name,
    size: blob.size,
    async read(start, end) {
      checkRange(this, end);
      try {
        return new Uint8Array(await blob.slice(start, end).arrayBuffer());
      } catch (cause) {
        throw new ResnetError('integrity', `Bytes ${start} to ${end} could not be read.`, {
          layer: name,
          hint: 'The file was changed, moved or removed since it was picked: pick it again.',
          cause,
        });
      }
    },
  };
}

export function checkRange({ name, size }: ByteSource, end: number): void {
  if (!(end <= size)) throw truncated(name, `The file has ${size} bytes, but its contents need ${end}.`);
}
