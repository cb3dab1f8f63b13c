import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findChromium } from './chromium.ts';

const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-chromium-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('findChromium', () => {
  const program = join(scratch, 'my-chromium');
  writeFileSync(program, '');

  it('takes the program that CHROMIUM_PATH names', () => {
    expect(findChromium({ CHROMIUM_PATH: program, PATH: '' })).toBe(program);
  });

  it('does not look elsewhere where CHROMIUM_PATH names none', () => {
    for (const path of [join(scratch, 'nothing'), scratch])
      expect(() => findChromium({ CHROMIUM_PATH: path, PATH: scratch })).toThrow(`[CHROMIUM_PATH] There is no program at ${path}.`);
  });

  it('takes an empty CHROMIUM_PATH for none', () => {
    expect(() => findChromium({ CHROMIUM_PATH: '', PATH: '' })).not.toThrow();
  });
});
