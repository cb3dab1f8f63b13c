// `npm run reports -- check FILE…`: whether reports of the benchmark can be published: form, times against the roofline, self test, versions.
// `npm run reports -- docs`: checks all of reports/ and writes the table of docs/gpus.md.
// A file is the JSON that the page saves, or the text of an issue with a link to a report (report=…).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { root } from './lib/setup.mjs';
import { wgsl } from './lib/wgsl.mjs';

const [command, ...files] = process.argv.slice(2);
const folder = join(root, 'reports');
const published = () => readdirSync(folder).filter((name) => name.endsWith('.json'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  plugins: [wgsl()],
  server: { middlewareMode: true, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { faultsOf } = await server.ssrLoadModule('/demo/bench/reports/plausible.ts');
  const { gpusTable } = await server.ssrLoadModule('/demo/bench/reports/gpus.ts');
  const { unpackReport } = await server.ssrLoadModule('/demo/bench/link.ts');

  /** @param {string} file */
  const read = async (file) => {
    const text = readFileSync(file, 'utf8');
    return text.trimStart().startsWith('{') ? JSON.parse(text) : await unpackReport(text.slice(Math.max(0, text.search(/report=[\w-]/))));
  };
  /** @param {string} file @returns {Promise<string[]>} */
  const faults = async (file) => {
    try {
      const report = await read(file);
      return report === undefined ? ['It holds no report.'] : faultsOf(report, Date.now(), version);
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };
  if ((command !== 'check' && command !== 'docs') || (command === 'check' && files.length === 0)) {
    console.error('npm run reports -- check FILE…, or npm run reports -- docs');
    process.exitCode = 2;
  } else {
    const all = command === 'docs' ? published().map((name) => join(folder, name)) : files;
    for (const file of all) {
      const found = await faults(file);
      console.log(
        found.length === 0 ? `${file}: can be published` : [`${file}: refused`, ...found.map((fault) => `  ${fault}`)].join('\n'),
      );
      if (found.length > 0) process.exitCode = 1;
    }
    if (command === 'docs' && !process.exitCode) writeTable(gpusTable(await Promise.all(all.map(read))));
  }
} finally {
  await server.close();
}

/** @param {string} table */
function writeTable(table) {
  const path = join(root, 'docs/gpus.md');
  const place = /(<!-- reports -->\n)[\s\S]*?(<!-- \/reports -->)/;
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(place, (_, before, after) => `${before}\n${table}\n\n${after}`),
  );
  console.log('written: docs/gpus.md');
}
