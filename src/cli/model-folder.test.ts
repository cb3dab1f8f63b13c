import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { buildGraph } from '../arch/graph.ts';
import { randomCheckpoint } from '../checkpoint/random.ts';
import { type ConvertedModel, convert } from '../convert/convert-model.ts';
import { checkFolder, fileAt, manifestOf, readModel, writeModel } from './model-folder.ts';

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

let own: string;
let model: ConvertedModel;
beforeEach(async () => {
  own = await mkdtemp(join(scratch, 'own-'));
  const checkpoint = randomCheckpoint(buildGraph('cifar_resnet20', [1, 3, 32, 32]), 1);
  model ??= await convert(checkpoint, { arch: 'cifar_resnet20', dtype: 'f32', shardBytes: 400_000 });
});

const shardNames = () => model.manifest.shards.map(({ path }) => path);

describe("a converted model's folder", () => {
  it('is read as it was written', async () => {
    expect(shardNames().length).toBeGreaterThan(1);
    // The second time over itself.
    for (let i = 0; i < 2; i++) await writeModel(join(own, 'new'), model);
    const manifest = manifestOf(join(own, 'new')) ?? '';
    expect(manifest).toBe(join(own, 'new', 'manifest.json'));
    expect(manifestOf(manifest)).toBe(manifest);
    const { checkpoint, card, shards } = await readModel(manifest);
    expect([card?.arch, shards]).toEqual(['cifar_resnet20', shardNames().length]);
    expect(checkpoint.tensors.size).toBeGreaterThan(20);
    expect(manifestOf(own)).toBeUndefined();
    expect(manifestOf(join(own, 'none.json'))).toBeUndefined();
  });

  it.each([
    ['missing', (path: string) => rm(path), 'cannot be read'],
    ['damaged', (path: string) => writeFile(path, 'x'), 'SHA-256'],
  ])('with a %s shard is refused, and the shard is named', async (_, spoil, text) => {
    await writeModel(own, model);
    const shard = join(own, shardNames()[1] ?? '');
    await spoil(shard);
    await expect(readModel(join(own, 'manifest.json'))).rejects.toMatchObject({
      code: 'integrity',
      layer: shard,
      message: expect.stringContaining(text),
    });
  });

  it("loses an earlier model's shards when another is written, and no other file", async () => {
    const [stale, notes] = ['weights-1of9-0123abcd.bin', 'notes.bin'];
    for (const name of [stale, notes]) await writeFile(join(own, name), 'x');
    const earlier = { format: 'resnet-webgpu', shards: [{ path: stale }, { path: notes }, { path: '../outside.bin' }] };
    await writeFile(join(own, 'manifest.json'), JSON.stringify(earlier));
    await writeModel(own, model);
    expect((await readdir(own)).sort()).toEqual(['manifest.json', notes, ...shardNames()].sort());
    expect(JSON.parse(await readFile(join(own, 'manifest.json'), 'utf8')).shards).toHaveLength(shardNames().length);
  });

  it('has to be empty or new, unless it is to be replaced', async () => {
    await checkFolder(join(own, 'new'), false);
    await mkdir(join(own, 'empty'));
    await checkFolder(join(own, 'empty'), false);
    const file = join(own, 'file');
    await writeFile(file, 'x');
    await expect(checkFolder(own, false)).rejects.toMatchObject({
      code: 'usage',
      layer: own,
      hint: expect.stringContaining('--force'),
    });
    await checkFolder(own, true);
    await expect(checkFolder(file, true)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('not a folder') });
  });
});
