/** The state of a running pickle: its bytes, a stack, a memo, and limits for all of these. */
import type { ResnetError } from '../util/errors.ts';
import { malformed, truncated } from './fail.ts';

/**
 * A class, a function, or an object that one of them created: only a name and what the pickle put into it. It has no methods here.
 */
export class Opaque {
  /** Module and name, dotted. For an object, those of its class. */
  readonly name: string;
  /** The arguments of the call. Absent for the class or function itself. */
  readonly args: Value[] | undefined;
  /** What BUILD set, usually a dict of attributes. */
  state: Value;
  /** Items of a class derived from list or set. */
  items: Value[] | undefined;
  /** Entries of a class derived from dict. */
  entries: Map<Value, Value> | undefined;

  constructor(name: string, args?: Value[]) {
    this.name = name;
    this.args = args;
  }
}

/** Lists, tuples and sets become arrays. Dicts become Maps, because their keys are from the file and may be `__proto__`. */
export type Value = undefined | null | boolean | number | bigint | string | Uint8Array | Value[] | Map<Value, Value> | object;

export interface PickleHost {
  /** File name for messages. */
  readonly file: string;
  /** The class or function for `module.name`. Throws `checkpoint-unsafe`. */
  global(path: string): Opaque;
  /** The result of `callee(*args)`. `charge` counts additional work. */
  call(callee: string, args: Value[], charge: (instructions: number) => void): Value;
  /** The object for a persistent id (in torch: a storage). */
  persistent(id: Value): Value;
  /** Replaces an object whose attributes are now set. `read` reads bytes from between the instructions. */
  built?(object: Opaque, read: (count: number) => Uint8Array): Value;
}

/** Limit. A real training checkpoint has about 10^5 of each. */
const MAX_INSTRUCTIONS = 1e7;
const MAX_CONTAINERS = 1e6;
/** 100 bytes each. Unlike the stack's contents, they are kept to the end. */
const MAX_MEMOS = 1e6;
const MAX_NESTED_MARKS = 1000;
/** Longer integers are not parsed, because that takes more than linear time. */
const MAX_INTEGER_BYTES = 1024;
/** Engines refuse strings of 2^29 characters. */
const MAX_TEXT_BYTES = 2 ** 28;

const utf8 = new TextDecoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Machine {
  readonly host: PickleHost;
  /** Position of the next byte. */
  pos: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #memo = new Map<number, Value>();
  readonly #marks: Value[][] = [];
  #stack: Value[] = [];
  #instructions = 0;
  #containers = 0;

  constructor(bytes: Uint8Array, start: number, host: PickleHost) {
    this.host = host;
    this.pos = start;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  // Bounds

  bad(what: string): ResnetError {
    return malformed(this.host.file, `The pickle is damaged at byte ${this.pos}: ${what}.`);
  }

  readonly charge = (count: number): void => {
    this.#instructions += count;
    if (this.#instructions > MAX_INSTRUCTIONS || this.#containers > MAX_CONTAINERS) {
      throw malformed(this.host.file, `The pickle has more than ${MAX_INSTRUCTIONS} instructions or ${MAX_CONTAINERS} containers.`);
    }
  };

  /** Counts an operation that takes more memory than the byte that requested it. */
  make<T extends object>(container: T): T {
    this.#containers++;
    return container;
  }

  // Bytes

  take(count: number): number {
    const { length } = this.#bytes;
    if (!(count <= length - this.pos)) {
      throw truncated(this.host.file, `The pickle ends at byte ${length}, inside an instruction at ${this.pos}.`);
    }
    this.pos += count;
    return this.pos - count;
  }

  uint(count: number): number {
    let value = 0;
    for (let i = this.take(count), scale = 1; i < this.pos; i++, scale *= 256) value += (this.#bytes[i] as number) * scale;
    return value;
  }

  int32(): number {
    return this.#view.getInt32(this.take(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.take(8));
  }

  readonly raw = (count: number): Uint8Array => {
    const at = this.take(count);
    return this.#bytes.subarray(at, this.pos);
  };

  text(count: number): string {
    return this.#decode(this.raw(count));
  }

  #decode(raw: Uint8Array): string {
    if (raw.length > MAX_TEXT_BYTES) throw this.bad(`a text of ${raw.length} bytes`);
    return utf8.decode(raw);
  }

  /** A string of Python 2: text, or bytes (the numbers of an array). UTF-8 can be turned back into the same bytes. */
  textOrBytes(count: number): string | Uint8Array {
    const raw = this.raw(count);
    try {
      return count > MAX_TEXT_BYTES ? raw : strictUtf8.decode(raw);
    } catch {
      return this.make(raw);
    }
  }

  line(): string {
    return this.#decode(this.#line());
  }

  /** A line in Latin-1. TextDecoder uses that name for something else. */
  latin1Line(): string {
    const raw = this.#line();
    let text = '';
    for (let at = 0; at < raw.length; at += 4096) text += String.fromCharCode(...raw.subarray(at, at + 4096));
    return text;
  }

  #line(): Uint8Array {
    const end = this.#bytes.indexOf(10, this.pos);
    const found = this.raw((end < 0 ? this.#bytes.length : end) - this.pos);
    this.take(1);
    return found;
  }

  // Numbers

  /** Decimal digits. */
  integer(digits: string): Value {
    if (digits.length > MAX_INTEGER_BYTES) return new Opaque('builtins.int');
    if (!/^-?\d+$/.test(digits)) throw this.bad('a number has no digits');
    return narrow(BigInt(digits));
  }

  /** Two's complement, little-endian, of any length. */
  long(bytes: Uint8Array): Value {
    if (bytes.length > MAX_INTEGER_BYTES) return new Opaque('builtins.int');
    let hex = '0x0';
    for (let i = bytes.length - 1; i >= 0; i--) hex += (bytes[i] as number).toString(16).padStart(2, '0');
    return narrow(BigInt.asIntN(bytes.length * 8, BigInt(hex)));
  }

  // Stack and memo

  push(value: Value): void {
    this.#stack.push(value);
  }

  pop(): Value {
    if (this.#stack.length === 0) throw this.bad('the stack is empty');
    return this.#stack.pop();
  }

  top(): Value {
    if (this.#stack.length === 0) throw this.bad('the stack is empty');
    return this.#stack[this.#stack.length - 1];
  }

  popString(): string {
    const value = this.pop();
    if (typeof value !== 'string') throw this.bad('a name is not a string');
    return value;
  }

  popMany(count: number): Value[] {
    if (this.#stack.length < count) throw this.bad('the stack is empty');
    return this.make(this.#stack.splice(this.#stack.length - count));
  }

  /** POP also removes a mark if nothing is above it. */
  discard(): void {
    if (this.#stack.length) this.#stack.pop();
    else this.popMark();
  }

  mark(): void {
    if (this.#marks.length === MAX_NESTED_MARKS) throw this.bad(`more than ${MAX_NESTED_MARKS} nested marks`);
    this.#marks.push(this.#stack);
    this.#stack = this.make([]);
  }

  popMark(): Value[] {
    const items = this.#stack;
    const below = this.#marks.pop();
    if (below === undefined) throw this.bad('a mark is missing');
    this.#stack = below;
    return items;
  }

  /** @param index default: the next free one */
  memoize(index = this.#memo.size): void {
    if (this.#memo.size >= MAX_MEMOS) throw malformed(this.host.file, `The pickle remembers more than ${MAX_MEMOS} objects.`);
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.#memo.has(index)) throw this.bad(`memo ${index} is empty`);
    this.push(this.#memo.get(index));
  }

  // Objects

  append(items: Value[], target = this.top()): void {
    if (target instanceof Opaque) target.items ??= this.make([]);
    const list = target instanceof Opaque ? target.items : target;
    if (!Array.isArray(list)) throw this.bad('items for something that is not a list');
    for (const item of items) list.push(item);
  }

  /** @param items keys and values alternately */
  setItems(items: Value[], target = this.top()): Value {
    if (items.length % 2) throw this.bad('a key without a value');
    if (target instanceof Opaque) target.entries ??= this.make(new Map());
    const dict = target instanceof Opaque ? target.entries : target;
    if (!(dict instanceof Map)) throw this.bad('items for something that is not a dict');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
    return target;
  }

  global(path: string): void {
    this.push(this.make(this.host.global(path)));
  }

  call(callee: Value, args: Value): void {
    if (!(callee instanceof Opaque) || !Array.isArray(args)) throw this.bad('a call of something that is not a function');
    this.#containers++;
    this.push(this.host.call(callee.name, args, this.charge));
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    // A reader of tensors does not need the attributes of dicts and tensors (version numbers of a state dict, hooks).
    if (!(target instanceof Opaque)) return;
    target.state = state;
    if (this.host.built) {
      this.pop();
      this.push(this.host.built(target, this.raw));
    }
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
