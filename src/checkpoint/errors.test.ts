import { describe, expect, test, vi } from 'vitest';
import { PersistentId, pickle } from '../../test/support/pickle-writer.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { call, floats, name, storageOf, tensor, torchLegacy, torchZip } from '../../test/support/torch-writer.ts';
import { zip } from '../../test/support/zip-writer.ts';
import { ResnetError } from '../util/errors.ts';
import { openWeights } from './open.ts';
import type { OpenOptions } from './open-options.ts';

/** Code and full text of the error, as a user reads it. */
async function errorOf(source: unknown, options: OpenOptions = {}): Promise<string> {
  try {
    const { checkpoint } = await openWeights(source as Blob, options);
    for (const tensor of checkpoint.tensors.values()) await tensor.read();
  } catch (error) {
    if (!(error instanceof ResnetError)) throw error;
    expect(error.message.endsWith(error.hint)).toBe(true);
    return `${error.code}: ${error.message}`;
  }
  throw new Error('no error');
}
const file = (content: Uint8Array | string, fileName = 'model.pth') => new File([Buffer.from(content as string, 'latin1')], fileName);
const storage = floats('0', [1, 2, 3, 4]);
const whole = torchZip({ w: tensor(storage, { shape: [4] }) }, [storage]);
const pickled = (root: unknown) => file(torchZip(root, [storage]));

describe('error texts', () => {
  test('files that are none of ours', async () => {
    const texts: Record<string, string> = {};
    const add = async (what: string, source: unknown) => {
      texts[what] = await errorOf(source);
    };
    await add('empty', file(''));
    await add('short', file('abc'));
    await add('unknown', file('what is this?'));
    await add('HTML', file('\n<!DOCTYPE html><html>'));
    await add('JSON', file('{"error":"not found"}'));
    await add('Git LFS', file('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'));
    await add('HDF5', file('\x89HDF\r\n\x1a\n', 'model.h5'));
    await add('ONNX', file('\x08\x06\x12\x07pytorch', 'model.onnx'));
    await add('SavedModel', file('\x08\x01\x12\xff\x01'));
    await add('GraphDef', file('\n\x40\n\x05const\x12\x05Const'));
    await add('TFLite', file('\x1c\0\0\0TFL3'));
    await add('tar', file(`${'x'.repeat(257)}ustar\0`));
    await add('gzip', file('\x1f\x8b\x08'));
    await add('GGUF', file('GGUF\x03\0\0\0'));
    await add('npy', file('\x93NUMPY\x01\0'));
    await add('image', file('\x89PNG\r\n\x1a\n', 'cat.png'));
    await add('TorchScript', file(torchZip({}, [], { extra: { 'constants.pkl': pickle(null) } })));
    await add('another zip', file(zip({ 'config.json': Uint8Array.of(1), 'model.weights.h5': Uint8Array.of(1) })));
    await add('a plain pickle', file(pickle({ w: 1 })));
    await add('a pickled model', pickled(call('torchvision.models.resnet.ResNet')));
    expect(texts).toMatchInlineSnapshot(`
      {
        "GGUF": "checkpoint-format: [model.pth] The file is GGUF. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "Git LFS": "checkpoint-format: [model.pth] The file is a Git LFS pointer, not the file itself. Fetch the file with \`git lfs pull\`, or download it by the host’s “download” or “resolve” link.",
        "GraphDef": "checkpoint-format: [model.pth] The file is a TensorFlow graph. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "HDF5": "checkpoint-format: [model.h5] The file is Keras or HDF5. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "HTML": "checkpoint-format: [model.pth] The file is a web page. The address leads to a page (a login, a file viewer, an error), not to the file: use the direct download link.",
        "JSON": "checkpoint-format: [model.pth] The file is JSON. Pass the checkpoint file itself; of a converted model pass the address, not the bytes; it may also be a server’s error message.",
        "ONNX": "checkpoint-format: [model.onnx] The file is ONNX. It contains a program with its norms folded in, not the named weights. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "SavedModel": "checkpoint-format: [model.pth] The file is a TensorFlow SavedModel. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "TFLite": "checkpoint-format: [model.pth] The file is TensorFlow Lite. Load the checkpoint that it was made from: a repository of the Hub, a .safetensors file, or what PyTorch saves by torch.save(model.state_dict(), path).",
        "TorchScript": "checkpoint-keys: [model.pth] There are no named tensors in it. Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
        "a pickled model": "checkpoint-format: [model.pth] The file holds a pickled object, torchvision.models.resnet.ResNet, not its weights. Open it where its class is installed and save the weights: torch.save(model.state_dict(), path).",
        "a plain pickle": "checkpoint-keys: [model.pth] There are no named tensors in it, only: w. Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
        "another zip": "checkpoint-format: [model.pth] This zip archive is not a PyTorch checkpoint: it has no data.pkl, but config.json, model.weights.h5. Pass a .pth or .safetensors file. A Keras archive, or a zipped folder, has to be converted or unpacked first.",
        "empty": "checkpoint-truncated: [model.pth] The file is empty. The file is incomplete: download it again and compare its size with the original.",
        "gzip": "checkpoint-format: [model.pth] The file is gzip. Unpack it first.",
        "image": "checkpoint-format: [cat.png] The file is an image. Pass it to classify(), and the checkpoint file as \`weights\`.",
        "npy": "checkpoint-format: [model.pth] The header of a NumPy array is damaged. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "short": "checkpoint-truncated: [model.pth] The file has only 3 bytes. The file is incomplete: download it again and compare its size with the original.",
        "tar": "checkpoint-format: [model.pth] The file is a tar archive (a packed folder, or the torch.save format of before 2017). Unpack it, or load and save it again with PyTorch.",
        "unknown": "checkpoint-format: [model.pth] The file is text: “what is this?”. It is probably the error page of a server: check the address, and whether the repository needs a login (pass headers with a token).",
      }
    `);
  });

  test('files that are cut short or damaged', async () => {
    const texts: Record<string, string> = {};
    const add = async (what: string, source: unknown) => {
      texts[what] = await errorOf(source);
    };
    const st = safetensors({ w: { dtype: 'F32', shape: [4], bytes: storage.bytes } });
    const legacy = torchLegacy({ w: tensor(storage, { shape: [4] }, true) }, [storage]);
    await add('safetensors header', file(st.subarray(0, 30), 'model.safetensors'));
    await add('safetensors data', file(st.subarray(0, st.length - 1), 'model.safetensors'));
    await add(
      'safetensors overlap',
      file(
        safetensors.raw(
          '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
          new Uint8Array(3),
        ),
      ),
    );
    await add('safetensors size', file(safetensors.raw('{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,4]}}', new Uint8Array(4))));
    await add(
      'safetensors twin',
      file(
        safetensors.raw(
          '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
          new Uint8Array(1),
        ),
      ),
    );
    await add('zip', file(whole.subarray(0, whole.length - 30)));
    await add('legacy pickle', file(legacy.subarray(0, 200)));
    await add('legacy numbers', file(legacy.subarray(0, legacy.length - 5)));
    await add(
      'legacy count',
      file(
        torchLegacy(
          { w: tensor(storage, { shape: [4] }, true) },
          [{ ...storage, elements: 3 }].map((s) => ({ ...s, elements: 3 })),
        ),
      ),
    );
    await add('pickle', file(torchZip(null, [], { extra: { 'data.pkl': Uint8Array.of(0x80, 2, 0x52, 0x2e) } })));
    await add('no storage', file(torchZip({ w: tensor(storage, { shape: [4] }) }, [])));
    await add('past its storage', pickled({ w: tensor(storage, { shape: [2, 3] }) }));
    await add('expanded', pickled({ w: tensor(storage, { shape: [5000, 5000], stride: [0, 0] }) }));
    expect(texts).toMatchInlineSnapshot(`
      {
        "expanded": "checkpoint-format: [model.pth] w of shape [5000, 5000] repeats the 4 elements of its storage. Save tensor.contiguous().",
        "legacy count": "checkpoint-format: [model.pth] Storage 0 has 3 elements, the pickle says 4. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "legacy numbers": "checkpoint-truncated: [model.pth] The file has 255 bytes, but storage 0 ends at 260. The file is incomplete: download it again and compare its size with the original.",
        "legacy pickle": "checkpoint-truncated: [model.pth] The pickle ends at byte 200, inside an instruction at 200. The file is incomplete: download it again and compare its size with the original.",
        "no storage": "checkpoint-format: [model.pth] The numbers of w (storage 0) are not in the file. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "past its storage": "checkpoint-format: [model.pth] w of shape [2, 3] needs elements up to 6, its storage has 4. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "pickle": "checkpoint-format: [model.pth] The pickle is damaged at byte 3: the stack is empty. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "safetensors data": "checkpoint-truncated: [model.safetensors] The file has 79 bytes, but w ends at 80. The file is incomplete: download it again and compare its size with the original.",
        "safetensors header": "checkpoint-truncated: [model.safetensors] The file has 30 bytes, but its contents need 64. The file is incomplete: download it again and compare its size with the original.",
        "safetensors overlap": "checkpoint-format: [model.pth] The data of b starts at 1, inside another tensor's, which ends at 2. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "safetensors size": "checkpoint-format: [model.pth] a is F32 of shape [2, 2], 16 bytes, but its data has 4. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "safetensors twin": "checkpoint-format: [model.pth] The header names a tensor twice. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "zip": "checkpoint-truncated: [model.pth] The zip archive of 378 bytes has no directory at its end. The file is incomplete: download it again and compare its size with the original.",
      }
    `);
  });

  test('contents that cannot be used', async () => {
    const texts: Record<string, string> = {};
    const add = async (what: string, source: unknown) => {
      texts[what] = await errorOf(source);
    };
    await add('os.system', pickled({ w: call('os.system', 'rm -rf ~') }));
    await add('os.system in a legacy file', file(torchLegacy({ w: call('posix.system', 'id') }, [])));
    await add('eval', pickled(call('__builtin__.eval', '1')));
    await add('getattr to the globals', pickled(call('__builtin__.getattr', name('foreign.Thing'), '__globals__')));
    await add('no tensors', pickled({ epoch: 3, model: call('foreign.Net'), lr: 0.1 }));
    await add('many keys, no tensors', pickled(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key${i}`, i]))));
    await add(
      'float8',
      file(safetensors({ 'conv1.weight': { dtype: 'F8_E4M3', shape: [1], bytes: new Uint8Array(1) } }), 'model.safetensors'),
    );
    await add('complex', pickled({ w: tensor(storageOf('0', 'ComplexFloat', new Float32Array(4), 2), { shape: [2] }) }));
    await add(
      'sparse',
      pickled({ w: tensor(storage, { shape: [4] }), s: call('torch._utils._rebuild_sparse_tensor', name('torch.sparse_coo'), []) }),
    );
    await add('persistent id', pickled(new PersistentId(['memory', 1])));
    expect(texts).toMatchInlineSnapshot(`
      {
        "complex": "unsupported: [w] The tensor has type ComplexFloat. Convert it with .float() before saving.",
        "eval": "checkpoint-unsafe: [model.pth] The pickle names __builtin__.eval, which can run code when Python opens the file. Nothing was executed. Get the weights from a source that you trust, preferably as .safetensors.",
        "float8": "unsupported: [conv1.weight] The tensor has dtype F8_E4M3. Convert it to F32, F16 or BF16 before saving.",
        "getattr to the globals": "checkpoint-unsafe: [model.pth] The pickle names foreign.Thing.__globals__, which can run code when Python opens the file. Nothing was executed. Get the weights from a source that you trust, preferably as .safetensors.",
        "many keys, no tensors": "checkpoint-keys: [model.pth] There are no named tensors in it, only: key0, key1, key2, key3, key4, key5, key6, key7 and 12 more. Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
        "no tensors": "checkpoint-keys: [model.pth] There are no named tensors in it, only: epoch, model (an object, foreign.Net), lr. Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
        "os.system": "checkpoint-unsafe: [model.pth] The pickle names os.system, which can run code when Python opens the file. Nothing was executed. Get the weights from a source that you trust, preferably as .safetensors.",
        "os.system in a legacy file": "checkpoint-unsafe: [model.pth] The pickle names posix.system, which can run code when Python opens the file. Nothing was executed. Get the weights from a source that you trust, preferably as .safetensors.",
        "persistent id": "checkpoint-format: [model.pth] The pickle refers to a storage in an unknown way. Get the file again, or save it again with torch.save(model.state_dict(), path).",
        "sparse": "unsupported: [s] The tensor is sparse, quantised or nested (torch._utils._rebuild_sparse_tensor). Convert it with .to_dense() or .dequantize() before saving.",
      }
    `);
  });

  test('what is no source, and addresses', async () => {
    const texts: Record<string, string> = {};
    const add = async (what: string, source: unknown, options?: OpenOptions) => {
      texts[what] = await errorOf(source, options);
    };
    const answer = (status: number) => async () => new Response(null, { status, statusText: status === 404 ? 'Not Found' : '' });
    const stream = (chunk: unknown) => new ReadableStream({ start: (controller) => controller.enqueue(chunk) });
    const locked = stream(new Uint8Array());
    locked.getReader();
    const url = 'https://x.test/a/resnet50.pth';
    await add('number', 5);
    await add('undefined', undefined);
    await add('wrong array', new Float32Array(1).buffer.constructor);
    await add('tensor without numbers', { 'fc.weight': { data: [1], shape: [1] } });
    await add('tensor of another size', { 'fc.weight': { data: new Float32Array(3), shape: [2, 2] } });
    await add('no tensors', {});
    await add('path in Node', './resnet50.pth');
    await add('Windows path', 'C:\\resnet50.pth');
    await add('file URL', new URL('file:///resnet50.pth'));
    await add('hf', 'hf:resnet50');
    await add('hf without files', 'hf:owner/repo', { fetch: answer(404) });
    for (const status of [401, 404, 418, 500]) await add(`HTTP ${status}`, url, { fetch: answer(status) });
    const offline = { fetch: () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ENOTFOUND' } })) };
    await add('offline', url, offline);
    vi.stubGlobal('origin', 'https://page.test');
    await add('offline in a page', url, offline);
    vi.unstubAllGlobals();
    await add('page instead of file', url, { fetch: async () => new Response('<html>') });
    await add('aborted', url, { signal: AbortSignal.abort() });
    await add('locked stream', locked);
    await add('stream of text', stream('abc'));
    await add('broken stream', new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) }));
    await add(
      'blob that changed',
      Object.assign(new File(['PK\x03\x04'], 'w.pth'), {
        slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }),
      }),
    );
    expect(texts).toMatchInlineSnapshot(`
      {
        "HTTP 401": "network: [https://x.test/a/resnet50.pth] The server answered 401. The file needs a login or does not exist: pass a token as headers, or download it yourself and pass it as a File.",
        "HTTP 404": "network: [https://x.test/a/resnet50.pth] The server answered 404 Not Found. Check the address; names are case-sensitive.",
        "HTTP 418": "network: [https://x.test/a/resnet50.pth] The server answered 418. Open the address in a browser to see what the server says.",
        "HTTP 500": "network: [https://x.test/a/resnet50.pth] The server answered 500. The server is busy or broken: try again later.",
        "Windows path": "usage: [C:\\resnet50.pth] Outside of a page, an address must be an absolute URL, and fetch does not read files. Pass an absolute URL. For a file in Node, pass its bytes, or weights: pathToFileURL(path), from 'node:url'.",
        "aborted": "aborted: The call was aborted. Call again to retry.",
        "blob that changed": "integrity: [w.pth] Bytes 0 to 4 could not be read. The file was changed, moved or removed since it was picked: pick it again.",
        "broken stream": "network: [weights] The stream broke after 0 bytes. Pass a fresh stream.",
        "file URL": "usage: [file:///resnet50.pth] Outside of a page, an address must be an absolute URL, and fetch does not read files. Pass an absolute URL. For a file in Node, pass its bytes, or weights: pathToFileURL(path), from 'node:url'.",
        "hf": "usage: [hf:resnet50] The address does not name a repository. Write 'hf:<owner>/<repo>' or 'hf:<owner>/<repo>@<revision>'.",
        "hf without files": "network: [hf:owner/repo] The repository has none of model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json. Check owner, name and revision, or pass the address of the file itself.",
        "locked stream": "usage: [weights] The stream is locked: something has read from it. Pass a fresh stream.",
        "no tensors": "checkpoint-keys: [weights] There are no named tensors in it. Save the weights as a dict of tensors, bare or under 'state_dict': torch.save(model.state_dict(), path).",
        "number": "usage: [weights] A checkpoint cannot be read from Number. Pass the bytes of the file as ArrayBuffer, Uint8Array or Blob.",
        "offline": "network: [https://x.test/a/resnet50.pth] The server could not be reached (ENOTFOUND). Check the address and the connection.",
        "offline in a page": "network: [https://x.test/a/resnet50.pth] The server could not be reached, or does not let this page read the file. Check the address and the connection; on another origin the server has to send Access-Control-Allow-Origin (CORS).",
        "page instead of file": "checkpoint-format: [resnet50.pth] The file is a web page. The address leads to a page (a login, a file viewer, an error), not to the file: use the direct download link.",
        "path in Node": "usage: [./resnet50.pth] Outside of a page, an address must be an absolute URL, and fetch does not read files. Pass an absolute URL. For a file in Node, pass its bytes, or weights: pathToFileURL(path), from 'node:url'.",
        "stream of text": "usage: [weights] The stream gives String, not Uint8Array. Pass a stream of bytes, like response.body or blob.stream().",
        "tensor of another size": "usage: [fc.weight] The tensor has 3 numbers (Float32Array) for shape [2,2]. Pass { data: Float32Array, shape: number[] } with as many numbers as the shape says.",
        "tensor without numbers": "usage: [fc.weight] The tensor has 1 numbers (Array) for shape [1]. Pass { data: Float32Array, shape: number[] } with as many numbers as the shape says.",
        "undefined": "usage: [weights] A checkpoint cannot be read from Undefined. Pass the bytes of the file as ArrayBuffer, Uint8Array or Blob.",
        "wrong array": "usage: [weights] A checkpoint cannot be read from Function. Pass the bytes of the file as ArrayBuffer, Uint8Array or Blob.",
      }
    `);
  });
});
