// node scripts/examples.mjs [NAME …] [--report FILE]: runs the examples with the packed tarball, and prints a table of their labels.
// Needs `npm run build`, Chromium and a connection to npm.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXAMPLES, linesOf, runExample } from './lib/examples.mjs';
import { pack, scratchFolder } from './lib/packed.mjs';

const { values, positionals } = parseArgs({ options: { report: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(EXAMPLES);
const tarball = await pack(scratchFolder());
let [passed, failed] = [0, 0];
console.log(`${'example'.padEnd(16)}${'lines'.padStart(6)}${'seconds'.padStart(9)}  label`);
for (const name of names) {
  const start = performance.now();
  const label = await runExample(name, tarball).catch((error) => String(error instanceof Error ? error.message : error));
  const ok = EXAMPLES[name]?.label.test(label) ?? false;
  if (ok) passed++;
  else failed++;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(
    `${name.padEnd(16)}${String(linesOf(name)).padStart(6)}${seconds.padStart(9)}  ${ok ? label.replaceAll('\n', '; ') : `FAILED: ${label}`}`,
  );
}
if (values.report) writeFileSync(join(values.report), JSON.stringify({ passed, failed, skipped: [] }));
process.exitCode = failed > 0 ? 1 : 0;
