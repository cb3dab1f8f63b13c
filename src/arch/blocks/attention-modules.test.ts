import { expect, test } from 'vitest';
import { resolveArch } from '../index.ts';

test.each([
  ['lambda', 'Lambda layers'],
  ['bat', 'Bilinear attention'],
  ['bottleneck', 'Bottleneck attention'],
  ['halo', 'Halo attention'],
])('attn_layer %s says why it cannot run', async (attn_layer, what) => {
  const arch = { library: 'timm' as const, entrypoint: 'resnet18', block_args: { attn_layer } };
  await expect(resolveArch(arch)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining(what) });
});
