import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { weightsAt } from './node-runner.ts';

const scratch = mkdtempSync(join(tmpdir(), 'resnet-webgpu-runner-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it('gives loadModel the files beside a manifest, but for other manifests; of a checkpoint its bytes', async () => {
  for (const name of ['manifest.json', 'model.json', 'weights.bin']) writeFileSync(join(scratch, name), name);
  const files = await weightsAt({ file: relative('.', join(scratch, 'manifest.json')) });
  expect((files as File[]).map(({ name }) => name)).toEqual(['manifest.json', 'weights.bin']);
  expect(new TextDecoder().decode((await weightsAt({ file: join(scratch, 'weights.bin') })) as Uint8Array)).toBe('weights.bin');
  expect(await weightsAt({ address: 'hf:a/b' })).toBe('hf:a/b');
});
