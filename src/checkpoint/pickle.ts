/**
 * A pickle machine that builds data and executes nothing: protocols 0 to 5.
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * Classes and functions become `Opaque` names. `PickleHost` decides what a call of one returns. The cost is bounded: lengths are
 * checked against the available bytes before anything is allocated, nothing recurses, and instructions, containers and memos are
 * counted, because one byte of pickle may create a container of a hundred bytes.
 */
import { Machine, Opaque, type PickleHost, type Value } from './pickle-machine.ts';

export { Opaque, type PickleHost, type Value } from './pickle-machine.ts';

const STOP = 0x2e;

/** Runs one pickle that starts at `start`. `end` is after its STOP. */
export function unpickle(bytes: Uint8Array, start: number, host: PickleHost): { value: Value; end: number } {
  const machine = new Machine(bytes, start, host);
  for (;;) {
    machine.charge(1);
    const opcode = machine.uint(1);
    if (opcode === STOP) return { value: machine.pop(), end: machine.pos };
    const run = OPCODES.get(opcode);
    if (run === undefined) throw machine.bad(`opcode 0x${opcode.toString(16)} is unknown`);
    run(machine);
  }
}

type Instruction = (machine: Machine) => void;

const text =
  (lengthBytes: number): Instruction =>
  (m) =>
    m.push(m.text(m.uint(lengthBytes)));
const oldString =
  (lengthBytes: number): Instruction =>
  (m) =>
    m.push(m.textOrBytes(m.uint(lengthBytes)));
const bytes =
  (lengthBytes: number): Instruction =>
  (m) =>
    m.push(m.make(m.raw(m.uint(lengthBytes))));
const integer =
  (size: number): Instruction =>
  (m) =>
    m.push(m.uint(size));
const tuple =
  (size: number): Instruction =>
  (m) =>
    m.push(m.popMany(size));
const extension =
  (size: number): Instruction =>
  (m) =>
    m.global(`copyreg.extension.${m.uint(size)}`);
const constant =
  (value: Value): Instruction =>
  (m) =>
    m.push(value);
const emptyList: Instruction = (m) => m.push(m.make([]));
const list: Instruction = (m) => m.push(m.popMark());
const appendMany: Instruction = (m) => m.append(m.popMark());
const call: Instruction = (m) => {
  const args = m.pop();
  m.call(m.pop(), args);
};

/** By number, with the names of pickletools. */
const OPCODES = new Map<number, Instruction>([
  // Framing
  // PROTO
  [
    0x80,
    (m) => {
      if (m.uint(1) > 5) throw m.bad('its protocol is newer than 5');
    },
  ],
  [0x95, (m) => m.take(8)], // FRAME

  // Stack
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => m.discard()], // POP
  [0x31, (m) => m.popMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP

  // Constants and numbers
  [0x4e, constant(null)], // NONE
  [0x88, constant(true)], // NEWTRUE
  [0x89, constant(false)], // NEWFALSE
  // INT
  [
    0x49,
    (m) => {
      const digits = m.line();
      // Protocol 0 writes booleans only in this form.
      m.push(digits === '01' || digits === '00' ? digits === '01' : m.integer(digits));
    },
  ],
  [0x4c, (m) => m.push(m.integer(m.line().replace(/L$/, '')))], // LONG
  [0x4b, integer(1)], // BININT1
  [0x4d, integer(2)], // BININT2
  [0x4a, (m) => m.push(m.int32())], // BININT
  [0x8a, (m) => m.push(m.long(m.raw(m.uint(1))))], // LONG1
  [0x8b, (m) => m.push(m.long(m.raw(m.uint(4))))], // LONG4
  [0x46, (m) => m.push(Number(m.line().replace('inf', 'Infinity')))], // FLOAT
  [0x47, (m) => m.push(m.float64())], // BINFLOAT

  // Text and bytes
  [0x53, (m) => m.push(m.line().slice(1, -1))], // STRING
  [0x56, (m) => m.push(m.latin1Line().replace(/\\u([\da-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16))))], // UNICODE
  [0x55, oldString(1)], // SHORT_BINSTRING
  [0x54, oldString(4)], // BINSTRING
  [0x8c, text(1)], // SHORT_BINUNICODE
  [0x58, text(4)], // BINUNICODE
  [0x8d, text(8)], // BINUNICODE8
  [0x43, bytes(1)], // SHORT_BINBYTES
  [0x42, bytes(4)], // BINBYTES
  [0x8e, bytes(8)], // BINBYTES8
  [0x96, bytes(8)], // BYTEARRAY8
  [0x97, (m) => m.push(m.make(new Opaque('builtins.memoryview')))], // NEXT_BUFFER, whose bytes are outside of the pickle
  [0x98, () => undefined], // READONLY_BUFFER

  // Lists, tuples, sets, dicts
  [0x5d, emptyList], // EMPTY_LIST
  [0x29, emptyList], // EMPTY_TUPLE
  [0x6c, list], // LIST
  [0x74, list], // TUPLE
  [0x8f, (m) => m.push(m.make(new Opaque('builtins.set', [])))], // EMPTY_SET
  [0x91, (m) => m.push(new Opaque('builtins.frozenset', [m.popMark()]))], // FROZENSET
  [0x85, tuple(1)], // TUPLE1
  [0x86, tuple(2)], // TUPLE2
  [0x87, tuple(3)], // TUPLE3
  [0x7d, (m) => m.push(m.make(new Map()))], // EMPTY_DICT
  [0x64, (m) => m.push(m.setItems(m.popMark(), m.make(new Map())))], // DICT
  [0x61, (m) => m.append([m.pop()])], // APPEND
  [0x65, appendMany], // APPENDS
  [0x90, appendMany], // ADDITEMS
  [0x73, (m) => m.setItems(m.popMany(2))], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS

  // Memo
  [0x70, (m) => m.memoize(Number(m.line()))], // PUT
  [0x71, (m) => m.memoize(m.uint(1))], // BINPUT
  [0x72, (m) => m.memoize(m.uint(4))], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x67, (m) => m.recall(Number(m.line()))], // GET
  [0x68, (m) => m.recall(m.uint(1))], // BINGET
  [0x6a, (m) => m.recall(m.uint(4))], // LONG_BINGET

  // Classes and objects
  [0x63, (m) => m.global(`${m.line()}.${m.line()}`)], // GLOBAL
  // STACK_GLOBAL
  [
    0x93,
    (m) => {
      const name = m.popString();
      m.global(`${m.popString()}.${name}`);
    },
  ],
  [0x82, extension(1)], // EXT1
  [0x83, extension(2)], // EXT2
  [0x84, extension(4)], // EXT4
  [0x52, call], // REDUCE
  [0x81, call], // NEWOBJ
  // NEWOBJ_EX
  [
    0x92,
    (m) => {
      m.pop();
      call(m);
    },
  ],
  [0x69, (m) => m.call(m.host.global(`${m.line()}.${m.line()}`), m.popMark())], // INST
  // OBJ
  [
    0x6f,
    (m) => {
      const [callee, ...args] = m.popMark();
      m.call(callee, args);
    },
  ],
  [0x62, (m) => m.build()], // BUILD
  [0x50, (m) => m.push(m.host.persistent(m.line()))], // PERSID
  [0x51, (m) => m.push(m.host.persistent(m.pop()))], // BINPERSID
]);
