// For Node, Deno and Bun: a checkpoint and an image file by their bytes.
import { readFile } from 'node:fs/promises';
import { loadModel } from 'resnet-webgpu';

const model = await loadModel({ weights: await readFile('weights.th') });
const [best] = await model.classify(new Blob([await readFile('image.png')]));
console.log(`program ${best.label}`);
model.dispose();
