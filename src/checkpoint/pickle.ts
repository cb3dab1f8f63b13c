/**
 * A pickle machine that builds data and executes nothing: protocols 0 to 5.
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * Classes and functions become `Opaque` names; what calling one gives is for the `PickleHost` to say. Cost is bounded:
 * lengths are checked against the bytes at hand before anything is made of them, nothing recurses, and instructions
 * and containers are counted, since one byte of pickle may make a container of a hundred.
 */
import { malformed, truncated } from './fail.ts';

/** A class, a function, or an instance of a class that a checkpoint reader has no use for. Takes any content and drops it. */
export class Opaque {
  /** Module and name, dotted. */
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Lists, tuples and sets are arrays; dicts are Maps, since their keys are the file's and may be `__proto__`. */
export type Value = undefined | null | boolean | number | bigint | string | Uint8Array | Value[] | Map<Value, Value> | object;

export interface PickleHost {
  /** File name for messages. */
  readonly file: string;
  /** The class or function that `module.name` stands for. Throws `checkpoint-unsafe`. */
  global(path: string): Opaque;
  /** The result of `callee(*args)`; `charge` counts work beyond the ordinary. */
  call(callee: string, args: Value[], charge: (instructions: number) => void): Value;
  /** The object that a persistent id stands for (torch: a storage). */
  persistent(id: Value): Value;
}

/** A real training checkpoint takes some 10^5 of each. */
const MAX_INSTRUCTIONS = 1e7;
const MAX_CONTAINERS = 1e6;
const MAX_NESTED_MARKS = 1000;
/** Longer integers are kept as opaque: parsing takes more than linear time. */
const MAX_INTEGER_BYTES = 1024;
/** Engines refuse strings of 2^29 characters. */
const MAX_TEXT_BYTES = 2 ** 28;

const utf8 = new TextDecoder();
const latin1 = new TextDecoder('latin1');

/** Runs one pickle that starts at `start`; `end` is behind its STOP. */
export function unpickle(bytes: Uint8Array, start: number, host: PickleHost): { value: Value; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memo = new Map<number, Value>();
  const marks: Value[][] = [];
  let stack: Value[] = [];
  let pos = start;
  let instructions = 0;
  let containers = 0;

  const bad = (what: string) => malformed(host.file, `The pickle is damaged at byte ${pos}: ${what}.`);
  const charge = (count: number) => {
    instructions += count;
    if (instructions > MAX_INSTRUCTIONS || containers > MAX_CONTAINERS) {
      throw malformed(host.file, `The pickle has more than ${MAX_INSTRUCTIONS} instructions or ${MAX_CONTAINERS} containers.`);
    }
  };
  const take = (count: number) => {
    if (!(count <= bytes.length - pos))
      throw truncated(host.file, `The pickle ends at byte ${bytes.length}, inside an instruction at ${pos}.`);
    pos += count;
    return pos - count;
  };
  const uint = (count: number) => {
    let value = 0;
    for (let i = take(count), scale = 1; i < pos; i++, scale *= 256) value += (bytes[i] as number) * scale;
    return value;
  };
  const raw = (count: number) => {
    const at = take(count);
    return bytes.subarray(at, pos);
  };
  const text = (count: number, decoder = utf8) => {
    if (count > MAX_TEXT_BYTES && count <= bytes.length - pos) throw bad(`a text of ${count} bytes`);
    return decoder.decode(raw(count));
  };
  const line = (decoder = utf8) => {
    const end = bytes.indexOf(10, pos);
    const found = text((end < 0 ? bytes.length : end) - pos, decoder);
    take(1);
    return found;
  };
  const push = (value: Value) => {
    stack.push(value);
  };
  const make = <T extends object>(container: T): T => {
    containers++;
    return container;
  };
  const pop = () => {
    if (stack.length === 0) throw bad('the stack is empty');
    return stack.pop();
  };
  const top = () => {
    if (stack.length === 0) throw bad('the stack is empty');
    return stack[stack.length - 1];
  };
  const popMark = (): Value[] => {
    const items = stack;
    const below = marks.pop();
    if (below === undefined) throw bad('a mark is missing');
    stack = below;
    return items;
  };
  const popMany = (count: number) => {
    if (stack.length < count) throw bad('the stack is empty');
    return make(stack.splice(stack.length - count));
  };
  const popString = () => {
    const value = pop();
    if (typeof value !== 'string') throw bad('a name is no string');
    return value;
  };
  const append = (target: Value, items: Value[]) => {
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (!(target instanceof Opaque)) throw bad('items for something that is no list');
  };
  const setItems = (target: Value, items: Value[]) => {
    if (items.length % 2) throw bad('a key without a value');
    if (target instanceof Map) for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    else if (!(target instanceof Opaque)) throw bad('items for something that is no dict');
  };
  const call = (callee: Value, args: Value) => {
    if (!(callee instanceof Opaque) || !Array.isArray(args)) throw bad('a call of something that is no function');
    containers++;
    push(host.call(callee.name, args, charge));
  };
  const recall = (index: number) => {
    if (!memo.has(index)) throw bad(`memo ${index} is empty`);
    push(memo.get(index));
  };
  const integer = (digits: string) => {
    if (digits.length > MAX_INTEGER_BYTES) return new Opaque('builtins.int');
    if (!/^-?\d+$/.test(digits)) throw bad('a number has no digits');
    return narrow(BigInt(digits));
  };

  for (;;) {
    charge(1);
    const opcode = uint(1);
    switch (opcode) {
      case 0x80: // PROTO
        if (uint(1) > 5) throw bad('its protocol is newer than 5');
        break;
      case 0x95: // FRAME
        take(8);
        break;
      case 0x2e: // STOP
        return { value: pop(), end: pos };
      case 0x28: // MARK
        if (marks.length === MAX_NESTED_MARKS) throw bad(`more than ${MAX_NESTED_MARKS} nested marks`);
        marks.push(stack);
        stack = make([]);
        break;
      case 0x30: // POP
        if (stack.length) stack.pop();
        else popMark();
        break;
      case 0x31: // POP_MARK
        popMark();
        break;
      case 0x32: // DUP
        push(top());
        break;

      case 0x4e: // NONE
        push(null);
        break;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        push(opcode === 0x88);
        break;
      case 0x49: {
        // INT, also old booleans
        const digits = line();
        push(digits === '01' || digits === '00' ? digits === '01' : integer(digits));
        break;
      }
      case 0x4c: // LONG
        push(integer(line().replace(/L$/, '')));
        break;
      case 0x4b: // BININT1
        push(uint(1));
        break;
      case 0x4d: // BININT2
        push(uint(2));
        break;
      case 0x4a: // BININT
        push(view.getInt32(take(4), true));
        break;
      case 0x8a: // LONG1
        push(long(raw(uint(1))));
        break;
      case 0x8b: // LONG4
        push(long(raw(uint(4))));
        break;
      case 0x46: // FLOAT
        push(Number(line().replace('inf', 'Infinity')));
        break;
      case 0x47: // BINFLOAT
        push(view.getFloat64(take(8)));
        break;

      case 0x53: // STRING
        push(line().slice(1, -1));
        break;
      case 0x56: // UNICODE
        push(line(latin1).replace(/\\u([\da-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))));
        break;
      case 0x55: // SHORT_BINSTRING
      case 0x8c: // SHORT_BINUNICODE
        push(text(uint(1)));
        break;
      case 0x54: // BINSTRING
      case 0x58: // BINUNICODE
        push(text(uint(4)));
        break;
      case 0x8d: // BINUNICODE8
        push(text(uint(8)));
        break;
      case 0x43: // SHORT_BINBYTES
        push(make(raw(uint(1))));
        break;
      case 0x42: // BINBYTES
        push(make(raw(uint(4))));
        break;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        push(make(raw(uint(8))));
        break;
      case 0x97: // NEXT_BUFFER: its bytes are not in the pickle
        push(make(new Opaque('builtins.memoryview')));
        break;
      case 0x98: // READONLY_BUFFER
        break;

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        push(make([]));
        break;
      case 0x6c: // LIST
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        push(popMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        push(popMany(opcode - 0x84));
        break;
      case 0x7d: // EMPTY_DICT
        push(make(new Map()));
        break;
      case 0x64: {
        // DICT
        const items = popMark();
        const dict = make(new Map<Value, Value>());
        setItems(dict, items);
        push(dict);
        break;
      }
      case 0x61: {
        // APPEND
        const item = pop();
        append(top(), [item]);
        break;
      }
      case 0x65: // APPENDS
      case 0x90: {
        // ADDITEMS
        const items = popMark();
        append(top(), items);
        break;
      }
      case 0x73: {
        // SETITEM
        const items = popMany(2);
        setItems(top(), items);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = popMark();
        setItems(top(), items);
        break;
      }

      case 0x70: // PUT
        memo.set(Number(line()), top());
        break;
      case 0x71: // BINPUT
        memo.set(uint(1), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(uint(4), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x67: // GET
        recall(Number(line()));
        break;
      case 0x68: // BINGET
        recall(uint(1));
        break;
      case 0x6a: // LONG_BINGET
        recall(uint(4));
        break;

      case 0x63: // GLOBAL
        push(make(host.global(`${line()}.${line()}`)));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = popString();
        push(make(host.global(`${popString()}.${name}`)));
        break;
      }
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        push(make(host.global(`copyreg.extension.${uint(2 ** (opcode - 0x82))}`)));
        break;
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = pop();
        call(pop(), args);
        break;
      }
      case 0x92: {
        // NEWOBJ_EX
        pop();
        const args = pop();
        call(pop(), args);
        break;
      }
      case 0x69: {
        // INST
        const callee = host.global(`${line()}.${line()}`);
        call(callee, popMark());
        break;
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = popMark();
        call(callee, args);
        break;
      }
      case 0x62: // BUILD: attributes, of no use to a reader of tensors
        pop();
        top();
        break;
      case 0x50: // PERSID
        push(host.persistent(line()));
        break;
      case 0x51: // BINPERSID
        push(host.persistent(pop()));
        break;
      default:
        throw bad(`opcode 0x${opcode.toString(16)} is unknown`);
    }
  }
}

/** Two's complement, little-endian, any length. */
function long(bytes: Uint8Array): Value {
  if (bytes.length > MAX_INTEGER_BYTES) return new Opaque('builtins.int');
  let hex = '0x0';
  for (let i = bytes.length - 1; i >= 0; i--) hex += (bytes[i] as number).toString(16).padStart(2, '0');
  return narrow(BigInt.asIntN(bytes.length * 8, BigInt(hex)));
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
