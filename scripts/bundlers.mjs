// node scripts/bundlers.mjs [NAME …] [--report FILE]: runs one program with every bundler and runtime, from the packed tarball, one after
// the other, each in an empty folder with an empty home. Prints a table. Needs `npm run build`, Chromium and a connection to npm.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runTool, TOOLS } from './lib/bundlers.mjs';
import { pack, scratchFolder } from './lib/packed.mjs';

const { values, positionals } = parseArgs({ options: { report: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(TOOLS);
const tarball = await pack(scratchFolder());
let [passed, failed] = [0, 0];
console.log(`${'tool'.padEnd(28)}${'version'.padEnd(10)}${'seconds'.padStart(7)}  answer`);
for (const name of names) {
  const start = performance.now();
  const [answer, ok] = await runTool(name, tarball).then(
    (text) => [text, true],
    (error) => [`FAILED: ${error instanceof Error ? error.message : error}`, false],
  );
  if (ok) passed++;
  else failed++;
  const version = Object.values(TOOLS[name]?.packages ?? {})[0] ?? '';
  console.log(`${name.padEnd(28)}${version.padEnd(10)}${((performance.now() - start) / 1000).toFixed(0).padStart(7)}  ${answer}`);
}
if (values.report) writeFileSync(values.report, JSON.stringify({ passed, failed, skipped: [] }));
process.exitCode = failed > 0 ? 1 : 0;
