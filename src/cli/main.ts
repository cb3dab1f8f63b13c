/** The command line: from arguments to an exit code. */

import { printable } from '../util/show.ts';
import { type Arguments, commandOf, parse, UsageError } from './command-line.ts';
import { help } from './help.ts';
import * as lazy from './lazy.ts';
import { RUNNER, serveRunner } from './node-process.ts';
import { packageRoot } from './package-root.ts';

/** @returns the exit code: 0 success, 1 an error, 2 wrong usage (docs/cli.md) */
export async function main(argv: readonly string[]): Promise<number> {
  process.stdout.on('error', leaveQuietly);
  try {
    if (argv[0] === RUNNER) return await serveRunner();
    return await run(parse(argv));
  } catch (error) {
    const usage = error instanceof UsageError;
    const text = error instanceof Error ? error.message : String(error);
    const hint = usage ? ` See ${['resnet-webgpu', commandOf(argv), '--help'].filter(Boolean).join(' ')}.` : '';
    process.stderr.write(`error: ${printable(text)}${hint}\n`);
    // The stack is only printed if asked for.
    if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${printable(error.stack ?? '')}\n`);
    return usage ? 2 : 1;
  }
}

/** The reader of the results may stop early: `… | head -1`. The exit code is a shell's for a program ended by SIGPIPE. */
function leaveQuietly(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(141);
  throw error;
}

async function run(settings: Arguments): Promise<number> {
  switch (settings.command) {
    case 'help':
      process.stdout.write(help(settings.topic));
      return 0;
    case 'version':
      process.stdout.write(`${packageRoot().version}\n`);
      return 0;
    case 'classify':
      return (await lazy.classifying()).classify(settings);
    case 'inspect':
      return (await lazy.inspecting()).inspect(settings);
    case 'convert':
      return (await lazy.converting()).convertCheckpoint(settings);
    case 'export':
      return (await lazy.exporting()).exportCheckpoint(settings);
  }
}
