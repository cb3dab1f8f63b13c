/** Which network an address stands for, where it is not the address of a file. */
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
