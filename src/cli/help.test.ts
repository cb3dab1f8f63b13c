import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { COMMANDS, OPTIONS } from './command-line.ts';
import { help } from './help.ts';

const page = `# Command line

\`npx resnet-webgpu\`, or \`npm install -g resnet-webgpu\`. These are the texts of \`--help\`; a test compares them.

${[undefined, ...COMMANDS].map((topic) => `## resnet-webgpu${topic ? ` ${topic}` : ''}\n\n\`\`\`text\n${help(topic)}\`\`\``).join('\n\n')}
`;

test('docs/cli.md is what the help prints (UPDATE=1 writes it)', async () => {
  if (process.env.UPDATE) (await import('node:fs')).writeFileSync('docs/cli.md', page);
  expect(readFileSync('docs/cli.md', 'utf8')).toBe(page);
});

describe.each(COMMANDS)('the help of %s', (command) => {
  const text = help(command);

  it('has the parts of a manual page', () => {
    const parts = [...text.matchAll(/^[A-Z ]+$/gm)].map(([title]) => title);
    expect(parts).toEqual(['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
  });

  it('names every option that is taken, and none that is not', () => {
    const [, options = ''] = /\nOPTIONS\n(.*?)\n\n/s.exec(text) ?? [];
    const named = [...options.matchAll(/^ {2}(?:-(\w), | {4})--([\w-]+)/gm)].map(([, short, long]) => [long, short ?? '']);
    const taken = Object.entries(OPTIONS[command]).map(([long, option]) => [long, 'short' in option ? String(option.short) : '']);
    expect(named.toSorted()).toEqual(taken.filter(([long]) => long !== 'help').toSorted());
  });
});
