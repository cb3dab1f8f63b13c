/** The Python lines of the page's tab "Your own classes" give the page's probabilities, if Python has what they import. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { pythonCode } from '../../demo/classes/code.ts';
import { createClassifier } from '../../src/classes/index.ts';
import { loadModel } from '../../src/index.ts';
import { cifarImages } from '../support/cifar.ts';
import { openNodeDevice } from '../support/node-gpu.ts';

const PYTHON = process.env.PYTHON ?? 'python3';
const imports = spawnSync(PYTHON, ['-c', 'import numpy, torch, torchvision, safetensors, PIL'], { encoding: 'utf8' });
const missing = imports.status === 0 ? undefined : (imports.stderr?.trim().split('\n').at(-1) ?? `no ${PYTHON}`);
if (missing) console.log(`page lines: skipped (${missing}; PYTHON names another interpreter)`);

/**
 * Images that are easily read wrong, for example wide or grey. No JPEG: browsers decode it like Pillow (test/browser/sources.ts), but
 * Node's decoder rounds differently, which changes rocket.jpg by 0.004.
 */
const PHOTOS = [
  ...['chelsea.png', 'camera.png'].map((name) => `test/photos/${name}`),
  ...['alpha.png', 'grey-alpha.png'].map((name) => `test/preprocess/files/${name}`),
];

it.skipIf(missing)('Python gives the same probabilities for the same files', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-lines-'));
  const device = await openNodeDevice();
  const file = (name: string) => new Blob([readFileSync(`demo/models/imagenet-resnet18/${name}`)]);
  const { shards } = JSON.parse(await file('manifest.json').text()) as { shards: { path: string }[] };
  const names = ['manifest.json', ...shards.map(({ path }) => path)];
  const model = await loadModel({ weights: await Promise.all(names.map(async (name) => new File([file(name)], name))) }, { device });
  try {
    const few = await createClassifier(model);
    for (const [label, index] of [
      ['my cat', 3],
      ['the "other", a ship', 8],
    ] as const)
      await few.add(
        label,
        cifarImages()
          .filter((one) => one.label === index)
          .slice(0, 2)
          .map(({ image }) => image),
      );
    await few.train();
    writeFileSync(join(folder, 'classes.safetensors'), await few.toCheckpoint());
    writeFileSync(join(folder, 'code.py'), pythonCode(few.labels, model.info, true));
    const expected: Record<string, Record<string, number>> = {};
    for (const photo of PHOTOS) {
      copyFileSync(photo, join(folder, basename(photo)));
      const predictions = await few.predict(new Blob([readFileSync(photo)]));
      expected[basename(photo)] = Object.fromEntries(predictions.map(({ label, probability }) => [label, probability]));
    }
    writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
    const run = spawnSync(PYTHON, ['test/libraries/page_lines.py', folder], { encoding: 'utf8' });
    console.log(run.stdout);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    // Not the same answer for every image.
    const shares = Object.values(expected).map((one) => one['my cat'] ?? 0);
    expect(Math.max(...shares) - Math.min(...shares)).toBeGreaterThan(0.05);
  } finally {
    model.dispose();
    device.destroy();
    rmSync(folder, { recursive: true });
  }
});
