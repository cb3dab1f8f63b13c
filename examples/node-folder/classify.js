// node classify.js FOLDER: a line for each photo in it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from 'resnet-webgpu';

const [folder = 'photos'] = process.argv.slice(2);
const weights = fileURLToPath(import.meta.resolve('resnet-webgpu/weights/resnet56-4bfd9763.th'));
// Opens a GPU device by the package webgpu; model.dispose() lets go of it.
const model = await loadModel({ arch: 'cifar_resnet56', weights: await readFile(weights) }).catch((error) => {
  // The message says what to do.
  console.error(error.message);
  process.exit(1);
});
for (const name of (await readdir(folder)).sort()) {
  if (!/\.(png|jpe?g)$/i.test(name)) continue;
  try {
    const [best] = await model.classify(new Blob([await readFile(join(folder, name))]));
    console.log(`${name}: ${best.label}, ${Math.round(best.probability * 100)} %`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
model.dispose();
