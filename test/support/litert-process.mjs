// LiteRT.js in a separate process: its loader detects its environment by global names, and mistakes Node for something else. Takes
// { model, inputs: { name: { data, shape } } } as messages, NHWC, and answers { outputs } or { error }. On wasm.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';

const library = createRequire(import.meta.url).resolve('@litertjs/core');
const wasm = `${join(dirname(library), '../wasm')}/`;
const read = (/** @type {unknown} */ url) => readFileSync(String(url).startsWith('file:') ? fileURLToPath(String(url)) : String(url));

/** Like a worker that may read files. */
Object.assign(globalThis, {
  self: globalThis,
  WorkerGlobalScope: class {},
  location: { href: pathToFileURL(join(wasm, 'x.js')).href, origin: 'file://' },
  fetch: async (/** @type {unknown} */ url) => new Response(read(url), { headers: { 'content-type': 'application/wasm' } }),
  importScripts: (/** @type {unknown} */ url) => vm.runInThisContext(read(url).toString(), { filename: String(url) }),
  XMLHttpRequest: class {
    open(/** @type {string} */ _, /** @type {string} */ url) {
      this.url = url;
    }
    /** @type {(() => void) | undefined} */
    onload;
    send() {
      const bytes = read(this.url);
      this.response = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      this.status = 200;
      this.onload?.();
    }
  },
});
// Without an active handle, an idle Node waits until V8 has optimised all of the module: 30 s.
const alive = setInterval(() => undefined, 20);

const { loadLiteRt, loadAndCompile, Tensor } = await import(pathToFileURL(library).href);
const { process } = globalThis;
Reflect.deleteProperty(globalThis, 'process');
await loadLiteRt(wasm);
globalThis.process = process;
clearInterval(alive);

process.on('message', async (/** @type {{ model: Uint8Array, inputs: Record<string, { data: Float32Array, shape: number[] }> }} */ job) => {
  try {
    const model = await loadAndCompile(job.model, { accelerator: 'wasm' });
    const fed = Object.fromEntries(Object.entries(job.inputs).map(([name, { data, shape }]) => [name, new Tensor(data, shape)]));
    const results = await model.run(fed);
    const outputs = Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { data: Float32Array.from(tensor.toTypedArray()), shape: [...tensor.type.layout.dimensions] },
      ]),
    );
    for (const tensor of [...Object.values(fed), ...Object.values(results)]) tensor.delete();
    model.delete();
    process.send?.({ outputs });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
});
process.send?.({ ready: true });
