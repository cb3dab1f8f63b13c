#!/usr/bin/env node
import { main } from './cli/main.ts';

const code = await main(process.argv.slice(2));
// Dawn keeps threads that would keep the process; what was printed must be out before it ends.
process.stdout.write('', () => process.exit(code));
