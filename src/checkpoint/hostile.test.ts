/** Pickles made to run code, to fill the memory or to take forever. All of them must be refused, without any other effect. */
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Call, concat, Name, pickle } from '../../test/support/pickle-writer.ts';
import { call, floats, name, tensor, torchLegacy, torchZip } from '../../test/support/torch-writer.ts';
import { readCheckpoint } from './read.ts';

const storage = floats('0', [1, 2]);
const weight = (legacy = false) => tensor(storage, { shape: [2] }, legacy);
const text = (source: string) => new Uint8Array(Buffer.from(source, 'latin1'));
/** A state dict that also contains the object. */
const zipped = (object: unknown) => torchZip({ state_dict: { w: weight() }, extra: object }, [storage]);
const zippedBytes = (...parts: Uint8Array[]) =>
  torchZip(null, [], { extra: { 'data.pkl': concat(text('\x80\x02}'), ...parts, text('.')) } });
const repeat = (count: number, ...bytes: number[]) => new Uint8Array(count * bytes.length).map((_, i) => bytes[i % bytes.length] as number);
const length = (count: number) => [0, 8, 16, 24].map((shift) => (count >>> shift) & 255);

/** Code that runs when Python opens the file, by callee and argument. */
const CALLS: [string, unknown][] = [
  ['os.system', 'touch /tmp/owned'],
  ['posix.system', 'touch /tmp/owned'],
  ['nt.system', 'calc.exe'],
  ['os.popen', 'id'],
  ['os.execv', '/bin/sh'],
  ['subprocess.Popen', 'id'],
  ['subprocess.check_output', 'id'],
  ['builtins.eval', '1'],
  ['__builtin__.eval', '1'],
  ['builtins.exec', 'import os'],
  ['__builtin__.execfile', 'x.py'],
  ['builtins.compile', '1'],
  ['builtins.__import__', 'os'],
  ['builtins.open', '/etc/passwd'],
  ['builtins.setattr', 'x'],
  ['importlib.import_module', 'os'],
  ['runpy.run_path', 'x.py'],
  ['runpy._run_code', 'x'],
  ['pty.spawn', '/bin/sh'],
  ['shutil.rmtree', '/'],
  ['socket.create_connection', 'evil'],
  ['webbrowser.open', 'http://evil'],
  ['ctypes.CDLL', 'libc.so.6'],
  ['pickle.loads', 'x'],
  ['_pickle.loads', 'x'],
  ['marshal.loads', 'x'],
  ['types.CodeType', 1],
  ['types.FunctionType', 1],
  ['code.InteractiveInterpreter', 1],
  ['timeit.timeit', 'x'],
  ['cProfile.run', 'x'],
  ['profile.run', 'x'],
  ['pdb.run', 'x'],
  ['bdb.Bdb.run', 'x'],
  ['commands.getoutput', 'id'],
  ['urllib.request.urlopen', 'http://evil'],
  ['http.client.HTTPSConnection', 'evil'],
  ['requests.get', 'http://evil'],
  ['operator.attrgetter', '__class__'],
  ['operator.methodcaller', 'system'],
  ['torch.load', 'x.pth'],
  ['torch.hub.load', 'evil/repo'],
  ['torch.jit.load', 'x.pt'],
  ['torch.serialization.load', 'x.pth'],
  ['torch.utils.cpp_extension.load_inline', 'x'],
  ['torch.utils._config_module.ConfigModule.load_config', 'x'],
  ['torch.fx.graph_module.reduce_graph_module', 'x'],
  ['numpy.testing._private.utils.runstring', 'x'],
  ['numpy.load', 'x.npy'],
  ['joblib.load', 'x'],
  ['cloudpickle.cloudpickle._make_function', 'x'],
  ['pip.main', 'install'],
];
const inner = torchLegacy(call('os.system', 'id'), []);

const FILES: [string, Uint8Array][] = [
  ...CALLS.map(([callee, argument]): [string, Uint8Array] => [callee, zipped(call(callee, argument))]),
  // Other ways to name and to call functions.
  ['a function through modules', zipped(call('torch.serialization.os.system', 'id'))],
  ['STACK_GLOBAL', zippedBytes(text('\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R'))],
  ['INST', zippedBytes(text('(X\x02\x00\x00\x00idios\nsystem\n'))],
  ['OBJ', zippedBytes(text('(cos\nsystem\nX\x02\x00\x00\x00ido'))],
  ['getattr', zipped(call('__builtin__.getattr', name('foreign.Thing'), '__globals__'))],
  ['getattr of getattr', zipped(call('builtins.getattr', call('builtins.getattr', name('torch.nn'), 'os'), 'system'))],
  ['by NEWOBJ', zippedBytes(text('csubprocess\nPopen\nX\x02\x00\x00\x00id\x85\x81'))],
  ['by a rebuilder of torch', zipped(call('torch._tensor._rebuild_from_type_v2', name('os.system'), name('torch.Tensor'), ['id'], null))],
  ['in the attributes of a module', zipped(new Call(name('torch.nn.modules.linear.Linear'), [], { hook: new Name('os', 'system') }))],
  ['in a legacy file', torchLegacy({ w: weight(true), extra: call('posix.system', 'id') }, [storage])],
  ['in a plain pickle', pickle(call('posix.system', 'id'))],
  ['in a pickle of protocol 0', text("cos\nsystem\n(S'id'\ntR.")],
  ['in a pickled storage', pickle({ w: call('torch.storage._load_from_bytes', bytesOf(inner)) })],
  ['in a storage in a storage', pickle(call('torch.storage._load_from_bytes', bytesOf(nest(nest(inner)))))],
  ['in a NumPy file', concat(npyHeader('|O'), pickle(call('os.system', 'id')))],
  ['in a compressed pickle', new Uint8Array(deflateSync(pickle(call('os.system', 'id'))))],
  // Files that expand to a huge size.
  ['a million dicts', zippedBytes(repeat(1_000_100, 0x7d))],
  ['two million memos', zippedBytes(text('N'), repeat(2_000_000, 0x94))],
  ['nested marks', zippedBytes(repeat(200_000, 0x28))],
  ['bytes of 2^63', zippedBytes(text('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f'))],
  ['a text encoded a million times', encodeBomb()],
  ['a tensor that repeats one number', torchZip({ w: tensor(storage, { shape: [1e6, 1e6], stride: [0, 0] }) }, [storage])],
  ['a storage that is not there', torchZip({ w: weight() }, [])],
  ['an array of 10^12 numbers', npyHeader('<f4', '1000000, 1000000')],
  ['a pickle that inflates without end', new Uint8Array(deflateSync(concat(text('\x80\x02'), repeat(200_000_000, 0x4e))))],
];

/** How protocol 2 writes bytes. */
function bytesOf(bytes: Uint8Array): Call {
  return call('_codecs.encode', Buffer.from(bytes).toString('latin1'), 'latin1');
}

function nest(bytes: Uint8Array): Uint8Array {
  return torchLegacy(call('torch.storage._load_from_bytes', bytesOf(bytes)), []);
}

function npyHeader(dtype: string, shape = ''): Uint8Array {
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': (${shape}), }`;
  return concat(text('\x93NUMPY\x01\x00'), Uint8Array.of(header.length, 0), text(header));
}

/** c = the function, t = a text of a megabyte; (c, t) a million times over. */
function encodeBomb(): Uint8Array {
  const head = concat(text('\x80\x02c_codecs\nencode\nq\x00'), text('X'), Uint8Array.from(length(1e6)), repeat(1e6, 0x78), text('q\x01'));
  return concat(head, repeat(1_000_000, 0x68, 0, 0x68, 1, 0x85, 0x52), text('.'));
}

describe('hostile files', () => {
  const started = process.memoryUsage.rss();
  let most = started;

  test('there are many', () => {
    expect(FILES.length).toBeGreaterThanOrEqual(60);
  });

  test.each(FILES)('%s', async (_, bytes) => {
    const begin = process.cpuUsage();
    const error = await readCheckpoint(bytes).then(
      ({ tensors }) => `read: ${[...tensors.keys()]}`,
      ({ code }) => code as string,
    );
    most = Math.max(most, process.memoryUsage.rss());
    expect(error).toMatch(/^checkpoint-(unsafe|format|truncated|keys)$/);
    // CPU time, because other tests run at the same time.
    expect(process.cpuUsage(begin).user).toBeLessThan(2e6);
  });

  test.each(FILES.slice(0, CALLS.length + 16))('%s is called unsafe', async (_, bytes) => {
    await expect(readCheckpoint(bytes)).rejects.toMatchObject({ code: 'checkpoint-unsafe' });
  });

  test('all of them together took less than 500 MB', () => {
    expect(most - started).toBeLessThan(500e6);
  });
});
