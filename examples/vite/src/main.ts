import { loadModel, type Prediction, ResnetError } from 'resnet-webgpu';
// Vite puts the file beside the page's others and gives its address.
import weights from 'resnet-webgpu/weights/resnet56-4bfd9763.th?url';

document.querySelector('#unserved')?.remove();
const image = find('img');
const output = find('output');
const bar = find('progress');

async function classify(): Promise<Prediction | undefined> {
  const model = await loadModel(
    { arch: 'cifar_resnet56', weights },
    {
      onProgress({ phase, loaded, total }) {
        if (phase === 'download' && total) bar.value = loaded / total;
      },
    },
  );
  await image.decode();
  const [best] = await model.classify(image);
  return best;
}

try {
  const best = await classify();
  output.textContent = best ? `${best.label}, ${Math.round(best.probability * 100)} %` : 'nothing';
} catch (error) {
  // Every error thrown on purpose has a code to go by.
  if (!(error instanceof ResnetError)) throw error;
  output.textContent = error.code === 'webgpu-missing' ? 'This browser has no WebGPU.' : error.message;
}

function find<Name extends keyof HTMLElementTagNameMap>(name: Name): HTMLElementTagNameMap[Name] {
  const element = document.querySelector(name);
  if (!element) throw new Error(`There is no <${name}>.`);
  return element;
}
