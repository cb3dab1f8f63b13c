import { describe, expect, test } from 'vitest';
import { concat, List, pickle } from '../../test/support/pickle-writer.ts';
import { call, name } from '../../test/support/torch-writer.ts';
import { Opaque, type PickleHost, unpickle } from './pickle.ts';

const host: PickleHost = {
  file: 'x.pth',
  global: (path) => new Opaque(path),
  call: (callee, args) => ({ callee, args }),
  persistent: (id) => ({ id }),
};
const load = (...bytes: (number | string)[]) =>
  unpickle(Uint8Array.from(bytes.flatMap((item) => (typeof item === 'string' ? [...Buffer.from(item)] : [item]))), 0, host).value;
const codeOf = (run: () => unknown): string => {
  try {
    return `no error: ${run()}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

/** Protocols 0 to 5 of one object, written by Python (base64). */
const BY_PYTHON: [protocol: number, base64: string][] = [
  [
    0,
    'KGRwMApWbm9uZQpwMQpOc1Z0cnVlCnAyCkkwMQpzVmZhbHNlCnAzCkkwMApzVnNtYWxsCnA0Ckk3CnNWYnl0ZQpwNQpJMjAwCnNWc2hvcnQKcDYKSTYwMDAwCnNWbmVnYXRpdmUKcDcKSS01CnNWaW50CnA4CkkyMTQ3NDgzNjQ3CnNWbG9uZwpwOQpMMTA5OTUxMTYyNzc3NkwKc1ZodWdlCnAxMApMLTExODA1OTE2MjA3MTc0MTEzMDM0MjRMCnNWZmxvYXQKcDExCkYwLjEKc1ZpbmZpbml0ZQpwMTIKRi1pbmYKc1Z0ZXh0CnAxMwpWbOR5ZXI0LrUKcDE0CnNWZW1wdHkKcDE1ClYKcDE2CnNWbGlzdApwMTcKKGxwMTgKSTEKYVZ0d28KcDE5CmFJMwphc1Z0dXBsZXMKcDIwCigodChJMQp0cDIxCihJMQpJMgp0cDIyCihJMQpJMgpJMwp0cDIzCihJMQpJMgpJMwpJNAp0cDI0CnRwMjUKc1ZzaGFyZWQKcDI2CihscDI3CihscDI4ClZzCnAyOQphYWcyOAphc1ZieXRlcwpwMzAKY19jb2RlY3MKZW5jb2RlCnAzMQooVmFi/wpwMzIKVmxhdGluMQpwMzMKdHAzNApScDM1CnNWYnl0ZWFycmF5CnAzNgpjX19idWlsdGluX18KYnl0ZWFycmF5CnAzNwooZzMxCihWeHkKcDM4CmczMwp0cDM5ClJwNDAKdHA0MQpScDQyCnNWc2V0CnA0MwpjX19idWlsdGluX18Kc2V0CnA0NAooKGxwNDUKSTEKYUkyCmF0cDQ2ClJwNDcKc1Zmcm96ZW5zZXQKcDQ4CmNfX2J1aWx0aW5fXwpmcm96ZW5zZXQKcDQ5CigobHA1MApJMwphdHA1MQpScDUyCnNWb2JqZWN0CnA1MwpjY29weV9yZWcKX3JlY29uc3RydWN0b3IKcDU0CihjZm9yZWlnbgpPCnA1NQpjX19idWlsdGluX18Kb2JqZWN0CnA1NgpOdHA1NwpScDU4CihkcDU5ClZ4CnA2MApJMQpzYnNWbmVzdGVkCnA2MQooZHA2MgpWYQpwNjMKKGRwNjQKVmIKcDY1CihscDY2CnNzcy4=',
  ],
  [
    1,
    'fXEAKFgEAAAAbm9uZXEBTlgEAAAAdHJ1ZXECSTAxClgFAAAAZmFsc2VxA0kwMApYBQAAAHNtYWxscQRLB1gEAAAAYnl0ZXEFS8hYBQAAAHNob3J0cQZNYOpYCAAAAG5lZ2F0aXZlcQdK+////1gDAAAAaW50cQhK////f1gEAAAAbG9uZ3EJTDEwOTk1MTE2Mjc3NzZMClgEAAAAaHVnZXEKTC0xMTgwNTkxNjIwNzE3NDExMzAzNDI0TApYBQAAAGZsb2F0cQtHP7mZmZmZmZpYCAAAAGluZmluaXRlcQxH//AAAAAAAABYBAAAAHRleHRxDVgKAAAAbMOkeWVyNC7CtXEOWAUAAABlbXB0eXEPWAAAAABxEFgEAAAAbGlzdHERXXESKEsBWAMAAAB0d29xE0sDZVgGAAAAdHVwbGVzcRQoKShLAXRxFShLAUsCdHEWKEsBSwJLA3RxFyhLAUsCSwNLBHRxGHRxGVgGAAAAc2hhcmVkcRpdcRsoXXEcWAEAAABzcR1haBxlWAUAAABieXRlc3EeY19jb2RlY3MKZW5jb2RlCnEfKFgEAAAAYWLDv3EgWAYAAABsYXRpbjFxIXRxIlJxI1gJAAAAYnl0ZWFycmF5cSRjX19idWlsdGluX18KYnl0ZWFycmF5CnElKGgfKFgCAAAAeHlxJmghdHEnUnEodHEpUnEqWAMAAABzZXRxK2NfX2J1aWx0aW5fXwpzZXQKcSwoXXEtKEsBSwJldHEuUnEvWAkAAABmcm96ZW5zZXRxMGNfX2J1aWx0aW5fXwpmcm96ZW5zZXQKcTEoXXEySwNhdHEzUnE0WAYAAABvYmplY3RxNWNjb3B5X3JlZwpfcmVjb25zdHJ1Y3RvcgpxNihjZm9yZWlnbgpPCnE3Y19fYnVpbHRpbl9fCm9iamVjdApxOE50cTlScTp9cTtYAQAAAHhxPEsBc2JYBgAAAG5lc3RlZHE9fXE+WAEAAABhcT99cUBYAQAAAGJxQV1xQnNzdS4=',
  ],
  [
    2,
    'gAJ9cQAoWAQAAABub25lcQFOWAQAAAB0cnVlcQKIWAUAAABmYWxzZXEDiVgFAAAAc21hbGxxBEsHWAQAAABieXRlcQVLyFgFAAAAc2hvcnRxBk1g6lgIAAAAbmVnYXRpdmVxB0r7////WAMAAABpbnRxCEr///9/WAQAAABsb25ncQmKBgAAAAAAAVgEAAAAaHVnZXEKigkAAAAAAAAAAMBYBQAAAGZsb2F0cQtHP7mZmZmZmZpYCAAAAGluZmluaXRlcQxH//AAAAAAAABYBAAAAHRleHRxDVgKAAAAbMOkeWVyNC7CtXEOWAUAAABlbXB0eXEPWAAAAABxEFgEAAAAbGlzdHERXXESKEsBWAMAAAB0d29xE0sDZVgGAAAAdHVwbGVzcRQoKUsBhXEVSwFLAoZxFksBSwJLA4dxFyhLAUsCSwNLBHRxGHRxGVgGAAAAc2hhcmVkcRpdcRsoXXEcWAEAAABzcR1haBxlWAUAAABieXRlc3EeY19jb2RlY3MKZW5jb2RlCnEfWAQAAABhYsO/cSBYBgAAAGxhdGluMXEhhnEiUnEjWAkAAABieXRlYXJyYXlxJGNfX2J1aWx0aW5fXwpieXRlYXJyYXkKcSVoH1gCAAAAeHlxJmghhnEnUnEohXEpUnEqWAMAAABzZXRxK2NfX2J1aWx0aW5fXwpzZXQKcSxdcS0oSwFLAmWFcS5ScS9YCQAAAGZyb3plbnNldHEwY19fYnVpbHRpbl9fCmZyb3plbnNldApxMV1xMksDYYVxM1JxNFgGAAAAb2JqZWN0cTVjZm9yZWlnbgpPCnE2KYFxN31xOFgBAAAAeHE5SwFzYlgGAAAAbmVzdGVkcTp9cTtYAQAAAGFxPH1xPVgBAAAAYnE+XXE/c3N1Lg==',
  ],
  [
    3,
    'gAN9cQAoWAQAAABub25lcQFOWAQAAAB0cnVlcQKIWAUAAABmYWxzZXEDiVgFAAAAc21hbGxxBEsHWAQAAABieXRlcQVLyFgFAAAAc2hvcnRxBk1g6lgIAAAAbmVnYXRpdmVxB0r7////WAMAAABpbnRxCEr///9/WAQAAABsb25ncQmKBgAAAAAAAVgEAAAAaHVnZXEKigkAAAAAAAAAAMBYBQAAAGZsb2F0cQtHP7mZmZmZmZpYCAAAAGluZmluaXRlcQxH//AAAAAAAABYBAAAAHRleHRxDVgKAAAAbMOkeWVyNC7CtXEOWAUAAABlbXB0eXEPWAAAAABxEFgEAAAAbGlzdHERXXESKEsBWAMAAAB0d29xE0sDZVgGAAAAdHVwbGVzcRQoKUsBhXEVSwFLAoZxFksBSwJLA4dxFyhLAUsCSwNLBHRxGHRxGVgGAAAAc2hhcmVkcRpdcRsoXXEcWAEAAABzcR1haBxlWAUAAABieXRlc3EeQwNhYv9xH1gJAAAAYnl0ZWFycmF5cSBjYnVpbHRpbnMKYnl0ZWFycmF5CnEhQwJ4eXEihXEjUnEkWAMAAABzZXRxJWNidWlsdGlucwpzZXQKcSZdcScoSwFLAmWFcShScSlYCQAAAGZyb3plbnNldHEqY2J1aWx0aW5zCmZyb3plbnNldApxK11xLEsDYYVxLVJxLlgGAAAAb2JqZWN0cS9jZm9yZWlnbgpPCnEwKYFxMX1xMlgBAAAAeHEzSwFzYlgGAAAAbmVzdGVkcTR9cTVYAQAAAGFxNn1xN1gBAAAAYnE4XXE5c3N1Lg==',
  ],
  [
    4,
    'gASVqwEAAAAAAAB9lCiMBG5vbmWUTowEdHJ1ZZSIjAVmYWxzZZSJjAVzbWFsbJRLB4wEYnl0ZZRLyIwFc2hvcnSUTWDqjAhuZWdhdGl2ZZRK+////4wDaW50lEr///9/jARsb25nlIoGAAAAAAABjARodWdllIoJAAAAAAAAAADAjAVmbG9hdJRHP7mZmZmZmZqMCGluZmluaXRllEf/8AAAAAAAAIwEdGV4dJSMCmzDpHllcjQuwrWUjAVlbXB0eZSMAJSMBGxpc3SUXZQoSwGMA3R3b5RLA2WMBnR1cGxlc5QoKUsBhZRLAUsChpRLAUsCSwOHlChLAUsCSwNLBHSUdJSMBnNoYXJlZJRdlChdlIwBc5RhaBxljAVieXRlc5RDA2Fi/5SMCWJ5dGVhcnJheZSMCGJ1aWx0aW5zlIwJYnl0ZWFycmF5lJOUQwJ4eZSFlFKUjANzZXSUj5QoSwFLApCMCWZyb3plbnNldJQoSwORlIwGb2JqZWN0lIwHZm9yZWlnbpSMAU+Uk5QpgZR9lIwBeJRLAXNijAZuZXN0ZWSUfZSMAWGUfZSMAWKUXZRzc3Uu',
  ],
  [
    5,
    'gAWVlQEAAAAAAAB9lCiMBG5vbmWUTowEdHJ1ZZSIjAVmYWxzZZSJjAVzbWFsbJRLB4wEYnl0ZZRLyIwFc2hvcnSUTWDqjAhuZWdhdGl2ZZRK+////4wDaW50lEr///9/jARsb25nlIoGAAAAAAABjARodWdllIoJAAAAAAAAAADAjAVmbG9hdJRHP7mZmZmZmZqMCGluZmluaXRllEf/8AAAAAAAAIwEdGV4dJSMCmzDpHllcjQuwrWUjAVlbXB0eZSMAJSMBGxpc3SUXZQoSwGMA3R3b5RLA2WMBnR1cGxlc5QoKUsBhZRLAUsChpRLAUsCSwOHlChLAUsCSwNLBHSUdJSMBnNoYXJlZJRdlChdlIwBc5RhaBxljAVieXRlc5RDA2Fi/5SMCWJ5dGVhcnJheZSWAgAAAAAAAAB4eZSMA3NldJSPlChLAUsCkIwJZnJvemVuc2V0lChLA5GUjAZvYmplY3SUjAdmb3JlaWdulIwBT5STlCmBlH2UjAF4lEsBc2KMBm5lc3RlZJR9lIwBYZR9lIwBYpRdlHNzdS4=',
  ],
];

describe('unpickle', () => {
  test.each(BY_PYTHON)('protocol %i of CPython', (_, base64) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    const { value, end } = unpickle(bytes, 0, host);
    expect(end).toBe(bytes.length);
    const dict = value as Map<string, unknown>;
    expect(
      Object.fromEntries([...dict].filter(([key]) => !['bytes', 'bytearray', 'set', 'frozenset', 'object', 'nested'].includes(key))),
    ).toEqual({
      none: null,
      true: true,
      false: false,
      small: 7,
      byte: 200,
      short: 60000,
      negative: -5,
      int: 2 ** 31 - 1,
      long: 2 ** 40,
      huge: -(2n ** 70n),
      float: 0.1,
      infinite: Number.NEGATIVE_INFINITY,
      text: 'läyer4.µ',
      empty: '',
      list: [1, 'two', 3],
      tuples: [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]],
      shared: [['s'], ['s']],
    });
    expect(dict.get('nested')).toEqual(new Map([['a', new Map([['b', []]])]]));
  });

  test('old text forms: INT, LONG, FLOAT, STRING, PUT and GET, DICT, LIST', () => {
    expect(load("(I01\nI00\nI-12\nL123456789012345678901234567890L\nF2.5\nS'abc'\np1\ng1\nl.")).toEqual([
      true,
      false,
      -12,
      123456789012345678901234567890n,
      2.5,
      'abc',
      'abc',
    ]);
    expect(load("(S'k'\nI1\nd.")).toEqual(new Map([['k', 1]]));
  });

  test('classes and functions are only names; calls go to the host', () => {
    expect(load('cm\nf\n(I1\ntR.')).toEqual({ callee: 'm.f', args: [1] });
    expect(load('(I1\nim\nC\n.')).toEqual({ callee: 'm.C', args: [1] });
    expect(load('(cm\nC\nI1\no.')).toEqual({ callee: 'm.C', args: [1] });
    expect(load(0x80, 4, 0x8c, 1, 'm', 0x8c, 1, 'C', 0x93, ')', 0x81, '.')).toEqual({ callee: 'm.C', args: [] });
    expect(load(0x80, 4, 'cm\nC\n', ')', '}', 0x92, '.')).toEqual({ callee: 'm.C', args: [] });
    expect(load(0x80, 2, 0x82, 9, '.')).toEqual(new Opaque('copyreg.extension.9'));
    expect(load('cm\nC\nPid\n0.')).toEqual(new Opaque('m.C'));
  });

  test('objects of unknown classes take items, entries and attributes', () => {
    const object = load('cm\nC\n(I1\nI2\nu(I3\ne', 'I4\na', 'I5\nI6\ns', '}S"k"\nI7\nsb.') as Opaque;
    expect({ ...object }).toEqual({
      name: 'm.C',
      args: undefined,
      entries: new Map([
        [1, 2],
        [5, 6],
      ]),
      items: [3, 4],
      state: new Map([['k', 7]]),
    });
  });

  test('the host may put something else in the place of an object with its attributes, from bytes that follow', () => {
    const built: PickleHost['built'] = ({ name, state }, read) => ({ name, state, bytes: [...read(2)] });
    const bytes = Uint8Array.from([...Buffer.from('cm\nC\nI1\nb'), 8, 9, ...Buffer.from('I5\n'), 0x86, 0x2e]);
    expect(unpickle(bytes, 0, { ...host, built }).value).toEqual([{ name: 'm.C', state: 1, bytes: [8, 9] }, 5]);
  });

  test('sets stay objects', () => {
    expect(load(0x80, 4, 0x8f, '(I1\nI2\n', 0x90, '.')).toMatchObject({ name: 'builtins.set', items: [1, 2] });
    expect(load(0x80, 4, '(I1\n', 0x91, '.')).toMatchObject({ name: 'builtins.frozenset', args: [[1]] });
  });

  test('texts of Python 2 are bytes where they are not UTF-8', () => {
    expect(load('U', 3, 'abc', '.')).toBe('abc');
    expect(load('T', 2, 0, 0, 0, 0xff, 0x80, '.')).toEqual(Uint8Array.of(0xff, 0x80));
    expect(load('U', 3, 0xef, 0xbb, 0xbf, '.')).toBe('\ufeff');
  });

  test('texts of protocol 0 are Latin-1', () => {
    expect(load('V', 0x80, 0x9f, 0xe4, '\n.')).toBe('\u0080\u009f\u00e4');
  });

  test('cyclic and shared structures', () => {
    const list = load(0x80, 2, ']', 'q', 0, 'h', 0, 'a.') as unknown[];
    expect(list[0]).toBe(list);
  });

  test('starts where told and says where it ended', () => {
    const bytes = concat(pickle('first'), pickle(['second']));
    const { value, end } = unpickle(bytes, 0, host);
    expect([value, unpickle(bytes, end, host)]).toEqual(['first', { value: ['second'], end: bytes.length }]);
  });

  test('the writer of these tests', () => {
    expect(unpickle(pickle(new List([1.5, call('m.f', 2), name('m.C')])), 0, host).value).toEqual([
      1.5,
      { callee: 'm.f', args: [2] },
      new Opaque('m.C'),
    ]);
  });
});

describe('damaged pickles', () => {
  test.each<[string, (number | string)[], string]>([
    ['nothing', [], 'checkpoint-truncated'],
    ['no STOP', ['I1\n'], 'checkpoint-truncated'],
    ['a line without an end', ['I1'], 'checkpoint-truncated'],
    ['a text longer than the file', ['X', 255, 255, 255, 127, 'a'], 'checkpoint-truncated'],
    ['bytes of 2^64', [0x8e, 255, 255, 255, 255, 255, 255, 255, 255], 'checkpoint-truncated'],
    ['an integer of 4 GB', [0x8b, 255, 255, 255, 255, 1], 'checkpoint-truncated'],
    ['a float cut short', ['G', 1, 2], 'checkpoint-truncated'],
    ['an empty stack', ['.'], 'checkpoint-format'],
    ['a missing mark', ['I1\nt.'], 'checkpoint-format'],
    ['too few for a tuple', ['I1\n', 0x86, '.'], 'checkpoint-format'],
    ['an empty memo', ['h', 3, '.'], 'checkpoint-format'],
    ['a key without a value', ['}(I1\nu.'], 'checkpoint-format'],
    ['items for a number', ['I1\n(I1\ne.'], 'checkpoint-format'],
    ['entries for a list', [']I1\nI2\ns.'], 'checkpoint-format'],
    ['a call of a number', ['I1\n)R.'], 'checkpoint-format'],
    ['a call with a number', ['cm\nf\nI1\nR.'], 'checkpoint-format'],
    ['a name that is a number', ['I1\nI2\n', 0x93, '.'], 'checkpoint-format'],
    ['an integer of letters', ['Iabc\n.'], 'checkpoint-format'],
    ['protocol 6', [0x80, 6, 'N.'], 'checkpoint-format'],
    ['an unknown opcode', [0xff], 'checkpoint-format'],
  ])('%s', (_, bytes, code) => {
    expect(codeOf(() => load(...bytes))).toBe(code);
  });
});

describe('hostile pickles cost what their bytes cost', () => {
  const repeat = (count: number, opcode: number) => new Uint8Array(count).fill(opcode);
  const run = (...parts: Uint8Array[]) => codeOf(() => unpickle(concat(...parts, Uint8Array.of(0x2e)), 0, host));

  test('nested marks', () => {
    expect(run(repeat(100_000, 0x28), Uint8Array.of(0x4e))).toBe('checkpoint-format');
    expect(run(repeat(900, 0x28), Uint8Array.of(0x4e))).toMatch('no error');
  });

  test('a million containers', () => {
    for (const opcode of [0x7d, 0x29]) expect(run(repeat(1_000_002, opcode))).toBe('checkpoint-format');
  });

  test('ten million instructions', () => {
    const bytes = new Uint8Array(10_000_002).fill(0x4e);
    expect(run(bytes)).toBe('checkpoint-format');
  });

  test('tuples nested a hundred thousand deep are no recursion', () => {
    expect(run(Uint8Array.of(0x4e), repeat(100_000, 0x85))).toMatch('no error');
  });

  test('doubling by the memo makes references, not copies', () => {
    // l1 = [l0, l0], l2 = [l1, l1], …: 2^60 leaves.
    const level = (i: number) => [0x5d, 0x28, 0x68, i, 0x68, i, 0x65, 0x71, i + 1];
    expect(run(Uint8Array.from([0x5d, 0x71, 0, ...Array.from({ length: 60 }, (_, i) => level(i)).flat()]))).toMatch('no error');
  });

  test('a million memos', () => {
    const bytes = new Uint8Array(1_000_100).fill(0x94);
    bytes[0] = 0x4e;
    expect(run(bytes)).toBe('checkpoint-format');
  });

  test('integers of a megabyte are not parsed', () => {
    expect(load('L', '9'.repeat(1e6), 'L\n.')).toEqual(new Opaque('builtins.int'));
    expect(unpickle(concat(Uint8Array.of(0x8b, 0, 0, 16, 0), repeat(1 << 20, 0x7f), Uint8Array.of(0x2e)), 0, host).value).toEqual(
      new Opaque('builtins.int'),
    );
  });
});
