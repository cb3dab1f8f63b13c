// `npm run families`: when a page fetches which family of kernels (src/kernels, shaders). Operations are those of the table in
// src/kernels/families.ts. Files are those of the last build that contain a family's modules and shaders.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createServer } from 'vite';
import { root } from './lib/setup.mjs';

const folder = join(root, 'src/kernels');
const chunks = join(root, 'dist/chunks');
if (!existsSync(chunks)) throw new Error('there is no build; run npm run build');

/** Names of files in dist/chunks by family. @type {Map<string, Set<string>>} */
const files = new Map();
for (const map of readdirSync(chunks).filter((name) => name.endsWith('.js.map'))) {
  /** @type {{ sources: string[] }} */
  const { sources } = JSON.parse(readFileSync(join(chunks, map), 'utf8'));
  const name = map.replace(/-[\w-]{8}\.js\.map$/, '');
  for (const source of sources) {
    const [, , family = ''] = /(src\/kernels|shaders)\/([\w-]+)\//.exec(source) ?? [];
    if (family !== '') files.set(family, (files.get(family) ?? new Set()).add(name));
  }
}

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name !== 'lib' ? [entry.name] : [],
);
for (const name of names) {
  const lowering = `src/kernels/${name}/lowering.ts`;
  /** @type {import('../src/kernels/lib/family.ts').Family} */
  const family = existsSync(join(root, lowering)) ? (await server.ssrLoadModule(`/${lowering}`)).family : { lowerings: {} };
  const operations = [...Object.keys(family.lowerings), ...Object.keys(family.forms ?? {}).map((op) => `some ${op}`)];
  console.log(`${name.padEnd(18)} ${[...(files.get(name) ?? [])].join(', ').padEnd(26)} ${operations.join(', ')}`);
}
await server.close();

console.log('');
const used = new Set(names.flatMap((name) => [...(files.get(name) ?? [])]));
for (const file of readdirSync(chunks).filter((name) => name.endsWith('.js') && existsSync(join(chunks, `${name}.map`)))) {
  const name = basename(file).replace(/-[\w-]{8}\.js$/, '');
  if (used.has(name)) console.log(`${name.padEnd(18)} ${(gzipSync(readFileSync(join(chunks, file))).length / 1024).toFixed(1)} KiB gzip`);
}
