// A service worker has no import(), so it takes the library as one file. Nothing is fetched from elsewhere.
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

mkdirSync('lib', { recursive: true });
for (const [from, to] of [
  ['resnet-webgpu/bundle', 'lib/resnet-webgpu.bundle.js'],
  ['resnet-webgpu/weights/resnet56-4bfd9763.th', 'lib/resnet56.th'],
])
  copyFileSync(fileURLToPath(import.meta.resolve(from)), to);
