/**
 * Writes protocol buffers. A message is a sequence of fields: a tag `field << 3 | wire type`, then a value. Wire types used here:
 * 0 is a varint (7 bits in each byte, low ones first, negative numbers as 64-bit two's complement), 2 is a length followed by
 * that many bytes (text, messages).
 * https://protobuf.dev/programming-guides/encoding/
 */
const VARINT = 0;
const LENGTH = 2;

const encoder = new TextEncoder();

export class Message {
  /** Weights are not copied until the whole model is put together. */
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  #append(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this;
  }

  integer(field: number, value: number): this {
    return this.#append(Uint8Array.from([...varint((field << 3) | VARINT), ...varint(value)]));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#append(Uint8Array.from([...varint((field << 3) | LENGTH), ...varint(value.length)])).#append(value);
  }

  text(field: number, value: string): this {
    return this.bytes(field, encoder.encode(value));
  }

  message(field: number, value: Message): this {
    this.#append(Uint8Array.from([...varint((field << 3) | LENGTH), ...varint(value.#length)]));
    for (const part of value.#parts) this.#append(part);
    return this;
  }

  finish(): Uint8Array {
    return concatenate(this.#parts, this.#length);
  }
}

export function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}
