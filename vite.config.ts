import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin, UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import { families } from './scripts/lib/families.mjs';
import { modelsBeside, ownModel } from './scripts/lib/own-model.mjs';
import { serviceWorker } from './scripts/lib/service-worker.mjs';
import { wgsl } from './scripts/lib/wgsl.mjs';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const entries = {
  index: 'src/index.ts',
  export: 'src/export/index.ts',
  classes: 'src/classes/index.ts',
  tfjs: 'src/tfjs/index.ts',
  testing: 'src/testing/index.ts',
  node: 'src/node/index.ts',
  cli: 'src/cli/index.ts',
};

const core = staticImports('src/model/load.ts');
const arch = staticImports('src/arch/index.ts');
const binding = staticImports('src/model/resolve.ts', 'src/model/tensors.ts');
const images = staticImports('src/model/image-calls.ts');

/** `vite build`: ES modules that a browser imports from any static server, every lazy part a file of its own. */
const library: UserConfig = {
  plugins: [wgsl(), families(), imageDecoders(), core.plugin, arch.plugin, binding.plugin, images.plugin],
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist',
    // For those who debug a clone; the package goes without.
    sourcemap: 'hidden',
    lib: { entry: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(path(file)))), formats: ['es'] },
    rolldownOptions: {
      // What the entries besides the core need, the user installs: see peerDependencies.
      external: [/^node:/, /^@tensorflow\//, 'webgpu', 'playwright-core'],
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        // One file for all that loadModel needs at once: fewer requests, and it compresses better than its parts. The
        // architectures are another: loadModel fetches them beside the checkpoint, buildGraph needs them at once. So is what tells
        // the checkpoint's tensors apart.
        codeSplitting: {
          groups: [
            { name: 'core', test: (id) => core.modules.has(id), priority: 3 },
            { name: 'arch', test: (id) => arch.modules.has(id), priority: 2 },
            { name: 'binding', test: (id) => binding.modules.has(id), priority: 1 },
            // What verify shares with it would be a file of its own.
            { name: 'image-calls', test: (id) => images.modules.has(id) },
          ],
        },
        // Vite keeps the spaces of libraries for the sake of annotations; there are none that matter with `sideEffects: false`.
        minify: { compress: true, mangle: true, codegen: true },
      },
    },
  },
};

/** Collects the modules that entries import, not counting `import()`. */
function staticImports(...entries: string[]): { plugin: Plugin; modules: Set<string> } {
  const modules = new Set<string>();
  const plugin: Plugin = {
    name: 'static-imports',
    apply: 'build',
    buildEnd() {
      for (const queue = entries.map(path); queue.length > 0; ) {
        const id = queue.pop() ?? '';
        if (modules.has(id)) continue;
        modules.add(id);
        queue.push(...(this.getModuleInfo(id)?.importedIds ?? []));
      }
    },
  };
  return { plugin, modules };
}

/**
 * The command decodes images with packages written for Node's `require`, which a build for browsers cannot take in.
 * scripts/build.mjs bundles them by themselves.
 */
function imageDecoders(): Plugin {
  return {
    name: 'image-decoders',
    enforce: 'pre',
    apply: 'build',
    resolveId: {
      filter: { id: /^(pngjs|jpeg-js)$/ },
      handler: () => ({ id: path('dist/vendor/image-decoders.js'), external: 'relative' }),
    },
  };
}

/** `vite --mode demo`: the pages under demo/. */
const demo: UserConfig = {
  root: path('demo'),
  base: './',
  plugins: [wgsl(), families(), ownModel(process.env.DEMO_MODEL), modelsBeside(), serviceWorker(path('demo/public'))],
  server: { fs: { allow: [path('.')] } },
  // What is found only when a worker asks for it makes the development server reload the page, in the middle of a benchmark.
  optimizeDeps: {
    include: ['core', 'converter', 'backend-webgpu', 'backend-wasm'].map((name) => `@tensorflow/tfjs-${name}`).concat('chart.js'),
  },
  worker: { format: 'es', plugins: () => [wgsl(), families()], rolldownOptions: { checks: { pluginTimings: false } } },
  build: {
    target: 'es2022',
    outDir: path('dist-demo'),
    emptyOutDir: true,
    // The benchmark brings the other runtimes along, 40 MB of wasm among them.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: [path('demo/index.html'), path('demo/benchmark.html'), path('demo/doctor.html')],
      checks: { pluginTimings: false },
    },
  },
};

const unit = ['src/**/*.test.ts', 'demo/**/*.test.ts', 'test/{support,unit}/**/*.test.ts', 'scripts/**/*.test.ts'];
const gpu = ['src/**/*.gpu.test.ts', 'test/gpu/**/*.test.ts'];

/** `vitest run --project <name>`. */
const test: UserConfig['test'] = {
  projects: [
    // By itself Vitest leaves one core free, which is half of a small machine.
    {
      extends: true,
      test: { name: 'unit', testTimeout: 60_000, maxWorkers: '100%', include: unit, exclude: ['**/node_modules/**', ...gpu] },
    },
    // Two files at once: the processor that stands for a GPU is one core's work, and nothing in Node waits for a certain time.
    { extends: true, test: { name: 'gpu', include: gpu, maxWorkers: 2, ...within(120) } },
    {
      extends: true,
      test: {
        name: 'package',
        globalSetup: 'test/package/built.ts',
        maxWorkers: 2,
        include: ['test/package/**/*.test.ts'],
        ...within(600),
      },
    },
    // A browser has several processes, and its pages wait for each other.
    { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], fileParallelism: false, ...within(600) } },
  ],
};

function within(seconds: number) {
  return { testTimeout: seconds * 1000, hookTimeout: seconds * 1000 };
}

export default defineConfig(({ mode }) => (mode === 'demo' ? demo : { ...library, test }));
