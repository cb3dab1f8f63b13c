/** Names from files, addresses and arguments reach the terminal as plain text, whatever they contain. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { hashedTensors } from '../../test/support/hashed-weights.ts';
import { safetensors } from '../../test/support/safetensors-writer.ts';
import { buildGraph } from '../arch/graph.ts';
import { printable } from '../util/show.ts';
import { main } from './main.ts';

const EVIL = '\u001b]0;title\u0007\u001b[2J\u202e\u009b31m';
const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-escapes-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function output(...args: string[]): Promise<string> {
  let text = '';
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk: string | Uint8Array) => {
      text += String(chunk);
      return true;
    }),
  );
  try {
    await main(args);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return text;
}

async function checkpoint(): Promise<string> {
  const arch = { type: 'CifarResNet', depth: 8, num_classes: 2 };
  const tensors = await hashedTensors(buildGraph(arch, [1, 3, 32, 32]));
  const entries = Object.entries(tensors).map(([name, { data, shape }]) => {
    const own = name.replace('head.fc', 'linear');
    return [own, { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) }] as const;
  });
  const file = join(scratch, 'model.safetensors');
  writeFileSync(file, safetensors(Object.fromEntries(entries), { note: EVIL, [EVIL]: 'x' }));
  return file;
}

const ARCH = 'cifar_resnet8';

test('inspect shows metadata as text, and as JSON that is still JSON', async () => {
  const file = await checkpoint();
  const shown = await output('inspect', file, '--arch', ARCH);
  expect(shown).toContain('note          "\\u001b]0;title\\u0007');
  expect(printable(shown)).toBe(shown);
  const json = await output('inspect', file, '--arch', ARCH, '--json');
  expect(printable(json)).toBe(json);
  expect(JSON.parse(json).metadata).toEqual({ note: EVIL, [EVIL]: 'x' });
});

test.each([
  ['an option', ['inspect', `--${EVIL}`]],
  ['a command', [EVIL]],
  ['a file', ['inspect', `/nowhere/${EVIL}.pth`]],
  ['an architecture', ['inspect', EVIL]],
])('an error about %s', async (_, args) => {
  const shown = await output(...args);
  expect(shown).toMatch(/^error: /);
  expect(printable(shown)).toBe(shown);
});
