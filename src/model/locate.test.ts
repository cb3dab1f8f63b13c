/** Which network an address stands for, where it is not the address of a file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FileServer } from '../../test/support/file-server.ts';
import { inHub, timmRepository } from '../../test/support/hub-repositories.ts';
import { serveHub } from '../../test/support/hub-server.ts';
import { locateSource } from './locate.ts';

let server: FileServer;
beforeEach(async () => {
  server = await serveHub(inHub({ 'timm/resnet': timmRepository().files }));
});
afterEach(async () => {
  await server.close();
  vi.unstubAllGlobals();
});

const locate = (address: string) => locateSource(address, { hub: server.origin });

test('owner/name is a repository of the Hub where the page has no such folder, and says so', async () => {
  for (const page of [undefined, { href: `${server.origin}/page/` }]) {
    vi.stubGlobal('location', page);
    const { source, opening, warnings } = await locate('timm/resnet');
    expect(source.arch).toMatchObject({ library: 'timm' });
    expect((await opening)?.checkpoint.tensors.size).toBeGreaterThan(0);
    expect(warnings).toContainEqual(expect.stringContaining("Write 'hf:timm/resnet'"));
  }
});

test('owner/name that is nowhere is an error of the page', async () => {
  vi.stubGlobal('location', { href: `${server.origin}/page/` });
  const { opening } = await locate('timm/nowhere');
  await expect(opening).rejects.toMatchObject({ code: 'network' });
});

test('the page of a repository is that repository', async () => {
  const { source, warnings } = await locate('https://huggingface.co/timm/resnet');
  expect(source.arch).toMatchObject({ library: 'timm' });
  expect(warnings.join()).not.toContain('Write');
});

test('a file: address is read from the disk, of a folder all its files', async () => {
  const bundled = new URL('../../weights/resnet56-4bfd9763.th', import.meta.url);
  for (const address of [bundled, bundled.href]) {
    const { opening } = await locateSource({ arch: 'cifar_resnet56', weights: address }, {});
    expect((await opening)?.checkpoint.tensors.size).toBe(277);
  }
  const folder = await mkdtemp(join(tmpdir(), 'local-files-'));
  await writeFile(join(folder, 'model.th'), await readFile(bundled));
  const { opening } = await locateSource({ arch: 'cifar_resnet56', weights: pathToFileURL(`${folder}/`) }, {});
  expect((await opening)?.checkpoint.tensors.size).toBe(277);
  await rm(folder, { recursive: true });
  const absent = locateSource({ arch: 'cifar_resnet56', weights: `${bundled}x` }, {});
  await expect(absent).rejects.toMatchObject({ code: 'usage', layer: `${bundled}x`, message: expect.stringContaining('no such file') });
});

test('a model of another runtime is asked for as a file alone, since no folder has such a name', async () => {
  const asked: string[] = [];
  const fetch = async (url: unknown) => {
    asked.push(String(url));
    return new Response('\x08\x08\x12\x00 of ONNX', { status: 200 });
  };
  const { opening } = await locateSource({ weights: 'https://x.test/r.onnx?v=1' }, { fetch });
  await expect(opening).rejects.toMatchObject({ code: 'checkpoint-format', message: expect.stringContaining('The file is ONNX.') });
  expect(asked).toEqual(['https://x.test/r.onnx?v=1']);
});
