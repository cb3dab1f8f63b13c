/** Writes protocol 2 pickles with the kinds of objects in checkpoints. */

/** A class or function, by name. */
export class Name {
  readonly module: string;
  readonly name: string;
  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }
}

/** `callee(*args)`, then `state` by BUILD. */
export class Call {
  readonly callee: Name;
  readonly args: unknown[];
  readonly state: unknown;
  constructor(callee: Name, args: unknown[], state?: unknown) {
    this.callee = callee;
    this.args = args;
    this.state = state;
  }
}

/** A persistent id, with which torch refers to a storage. */
export class PersistentId {
  readonly id: unknown;
  constructor(id: unknown) {
    this.id = id;
  }
}

/** For a list instead of a tuple. */
export class List {
  readonly items: unknown[];
  constructor(items: unknown[]) {
    this.items = items;
  }
}

/** Arrays become tuples, Maps and plain objects dicts. */
export function pickle(value: unknown): Uint8Array {
  return Uint8Array.from([0x80, 2, ...instructions(value), 0x2e]);
}

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function instructions(value: unknown): number[] {
  if (value === null) return [0x4e];
  if (typeof value === 'boolean') return [value ? 0x88 : 0x89];
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint') return long(value);
  if (typeof value === 'number') return number(value);
  if (value instanceof Name) return [0x63, ...utf8(`${value.module}\n${value.name}\n`)];
  if (value instanceof Call) {
    const build = value.state === undefined ? [] : [...instructions(value.state), 0x62];
    return [...instructions(value.callee), ...instructions(value.args), 0x52, ...build];
  }
  if (value instanceof PersistentId) return [...instructions(value.id), 0x51];
  if (value instanceof List) return [0x5d, 0x28, ...value.items.flatMap(instructions), 0x65];
  if (Array.isArray(value)) return [0x28, ...value.flatMap(instructions), 0x74];
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return [0x7d, 0x28, ...entries.flatMap(([key, item]) => [...instructions(key), ...instructions(item)]), 0x75];
}

function number(value: number): number[] {
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return [0x4a, ...littleEndian(value, 4)];
  if (Number.isSafeInteger(value)) return long(BigInt(value));
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return [0x47, ...bytes];
}

function long(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 8n) {
    bytes.push(Number(BigInt.asUintN(8, rest)));
    if (rest === BigInt.asIntN(8, rest)) return [0x8a, bytes.length, ...bytes];
  }
}

function text(value: string): number[] {
  const bytes = utf8(value);
  return [0x58, ...littleEndian(bytes.length, 4), ...bytes];
}

function utf8(value: string): number[] {
  return [...new TextEncoder().encode(value)];
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 0xff);
}
