// Bundles `import { loadModel } from 'resnet-webgpu'` from dist/, for the size gate, and for the test that a page fetches what the gate
// counts.
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './setup.mjs';

/** Chunks that loadModel({ arch: 'resnet50', weights: 'resnet50.safetensors' }) and a first classify fetch. test/e2e/first-label.test.ts checks this. */
export const FIRST_LABEL = [
  'arch',
  'binding',
  'cache',
  'image-calls',
  'labels',
  'imagenet1k',
  'processor',
  'checksum',
  'resolve',
  'tensors',
];

/** Fetched after the first result, which does not wait for it: the check of the kernels on an unknown GPU. */
export const AFTER_LABEL = ['adapter-store', 'after-loss', 'background', 'compute', 'pace', 'refused', 'seeded', 'verdicts', 'verify'];

/**
 * The chunks of a page whose script is this one line.
 * @returns {Promise<{ name: string, file: string, code: string, gzip: number, isStatic: boolean }[]>}
 */
export async function bundle() {
  const entry = "export { loadModel } from './index.js';";
  const id = join(root, 'dist', 'entry-of-the-size-gate.js');
  const result = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      { name: 'entry', resolveId: (source) => (source === id ? id : undefined), load: (source) => (source === id ? entry : undefined) },
    ],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: id, formats: ['es'], fileName: 'index' },
      // The same as a page's build does. A library's build keeps spaces.
      rolldownOptions: { output: { minify: { compress: true, mangle: true, codegen: true } } },
    },
  });
  const [output] = [result].flat();
  const files = output && 'output' in output ? output.output.filter((file) => file.type === 'chunk') : [];
  const byName = new Map(files.map((file) => [file.fileName, file]));
  const reached = new Set();
  for (const queue = files.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName); queue.length > 0; ) {
    const name = queue.pop() ?? '';
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...(byName.get(name)?.imports ?? []));
  }
  return files.map(({ fileName, code }) => ({
    // The name contains hashes of two builds: the library's and this one.
    file: fileName,
    name: fileName.replace(/(-[\w-]{8}){1,2}\.js$/, ''),
    code,
    gzip: gzipSync(code, { level: 9 }).length,
    isStatic: reached.has(fileName),
  }));
}
