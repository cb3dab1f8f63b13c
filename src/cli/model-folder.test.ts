import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileAt, manifestOf } from './model-folder.ts';

const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-folder-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
/** A folder with these files. */
const folder = (name: string, ...files: string[]) => {
  mkdirSync(join(scratch, name));
  for (const file of files) writeFileSync(join(scratch, name, file), '');
  return join(scratch, name);
};

describe('manifestOf', () => {
  it('finds the manifest of a converted model and that of a TF.js model', () => {
    const converted = folder('converted', 'manifest.json', 'model.json');
    expect(manifestOf(converted)).toBe(join(converted, 'manifest.json'));
    const tfjs = folder('tfjs', 'model.json', 'group1-shard1of1.bin');
    expect(manifestOf(tfjs)).toBe(join(tfjs, 'model.json'));
    expect(manifestOf(join(tfjs, 'model.json'))).toBe(join(tfjs, 'model.json'));
    expect(manifestOf(folder('neither', 'a.pth'))).toBeUndefined();
  });
});

describe('fileAt', () => {
  it('takes a file', () => {
    const file = join(folder('one', 'a.pth'), 'a.pth');
    expect(fileAt(file)).toBe(file);
  });

  it.each([
    ['checkpoints', ['a.pth', 'b.safetensors', 'notes.txt'], /a folder, .*Name a checkpoint in it: a\.pth, b\.safetensors\.$/],
    ['many', ['1.th', '2.th', '3.th', '4.th'], /in it: 1\.th, 2\.th, 3\.th, …\.$/],
    ['photos', ['a.png'], /a folder, .*Pass the path of a checkpoint \(/],
  ])('says of a folder of %s what to name', (name, files, words) => {
    expect(() => fileAt(folder(name, ...files))).toThrow(words);
  });

  it('says that there is no file', () => {
    expect(() => fileAt(join(scratch, 'nothing.pth'))).toThrow(/\[.*nothing\.pth\] There is no such file\./);
  });
});
